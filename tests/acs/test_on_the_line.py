"""The phone and the stand-in: two readings of the wire that know nothing of each other."""

import asyncio

from bridge.call.ends import By, Reason
from bridge.flow.outcomes import Transfer
from bridge.lab.acs import CallbackSwitches, Switches
from bridge.lab.speech import Studio
from tests.acs.desk import called

COLLEAGUE = "+18005550199"
TO = Transfer(COLLEAGUE)


async def test_keys_arrive_by_whichever_way_works(studio: Studio) -> None:
    for switches in (
        Switches(),
        Switches(lose_tones=True),
        Switches(lose_tone_callbacks=True),
        Switches(callbacks=CallbackSwitches(shuffle=True, duplicate=True)),
        Switches(lose_tones=True, callbacks=CallbackSwitches(batch=True, shuffle=True)),
        Switches(tone_callback_delay_s=2, dtmf_star="asterisk", dtmf_pound="hash"),
    ):
        async with called(studio, switches) as (desk, caller, phone):
            await phone.watch_keys()
            await caller.presses("1100*7#")
            await asyncio.sleep(4)
            assert "".join(desk.keys) == "1100*7#", switches


async def test_a_caller_is_heard_again_after_the_media_broke(studio: Studio) -> None:
    async with called(studio) as (desk, caller, _):
        await caller.drops_media()
        await asyncio.sleep(1)
        before = desk.frames
        await asyncio.sleep(1)
        assert desk.frames - before > 45
        await caller.presses("4")
        await asyncio.sleep(1)
        assert desk.keys == ["4"]


async def test_media_that_acs_opens_again_by_itself_is_taken(studio: Studio) -> None:
    switches = Switches(media_reconnects_s=2, media_restart_fails=True)
    async with called(studio, switches) as (desk, caller, _):
        await caller.drops_media()
        await asyncio.sleep(3)
        before = desk.frames
        await asyncio.sleep(1)
        assert desk.frames - before > 45


async def test_media_that_cannot_be_started_again_ends_the_call(studio: Studio) -> None:
    async with called(studio, Switches(media_restart_fails=True)) as (_, caller, phone):
        await caller.drops_media()
        end = await phone.ended()
        assert (end.by, end.reason) == (By.CARRIER, Reason.MEDIA_FAILED)


async def test_a_caller_who_hangs_up_is_not_sought(studio: Studio) -> None:
    async with called(studio) as (desk, caller, phone):
        await caller.hangs_up()
        assert (await phone.ended()).by is By.CALLER
        asked = [request.operation for request in desk.acs.requests]
        assert asked == ["answer"]


async def test_a_transfer_fails_in_words_and_the_call_goes_on(studio: Studio) -> None:
    async with called(studio, Switches(transfer_result=(486, 560486))) as (_, __, phone):
        assert await phone.transfer(TO) == "busy"
        assert not phone._line.ended.done()


async def test_a_transfer_is_accepted(studio: Studio) -> None:
    async with called(studio) as (desk, caller, phone):
        headers = {"User-To-User": "order 7"}
        assert await phone.transfer(Transfer(COLLEAGUE, headers=headers)) is None
        assert (await caller.ended()).transferred_to == COLLEAGUE
        body = next(r.body for r in desk.acs.requests if r.operation == "transferToParticipant")
        assert body["customCallingContext"] == {"sipHeaders": headers}


async def test_a_colleague_is_asked_while_the_caller_hears_music(studio: Studio) -> None:
    async with called(studio) as (desk, caller, phone):
        await phone.hold("hold.wav")
        invitation = asyncio.create_task(phone.invite(TO))
        colleague = await desk.acs.colleague(COLLEAGUE)
        colleague.picks_up()
        assert await invitation is None
        assert caller.is_on_hold
        await colleague.presses("1")
        await asyncio.sleep(1)
        assert desk.keys == ["1"]
        await phone.take_back()
        assert not caller.is_on_hold
        await phone.leave()
        assert (await phone.ended()).by is By.BRIDGE
        assert colleague.is_in_call


async def test_keys_of_a_caller_on_hold_are_not_the_colleagues(studio: Studio) -> None:
    async with called(studio, Switches(tones_name_participant=True)) as (desk, caller, phone):
        await phone.watch_keys()
        await phone.hold("hold.wav")
        await caller.presses("1")
        await asyncio.sleep(1)
        await phone.take_back()
        await caller.presses("2")
        await asyncio.sleep(1)
        assert desk.keys == ["2"]


async def test_a_colleague_can_be_sent_away(studio: Studio) -> None:
    async with called(studio) as (desk, _, phone):
        invitation = asyncio.create_task(phone.invite(TO))
        colleague = await desk.acs.colleague(COLLEAGUE)
        colleague.picks_up()
        await invitation
        await phone.dismiss()
        assert not colleague.is_in_call


async def test_a_colleague_who_declines_fails_the_invitation(studio: Studio) -> None:
    for switches, why in (
        (Switches(), "declined"),
        (Switches(unreported_refusals=True), "no answer"),
    ):
        async with called(studio, switches) as (desk, _, phone):
            invitation = asyncio.create_task(phone.invite(TO))
            await (await desk.acs.colleague(COLLEAGUE)).hangs_up()
            assert why in str(await invitation)


async def test_a_caller_who_leaves_a_colleague_behind_ends_the_call(studio: Studio) -> None:
    async with called(studio, Switches(outlives_caller=True)) as (desk, caller, phone):
        end = asyncio.create_task(phone.ended())
        invitation = asyncio.create_task(phone.invite(TO))
        colleague = await desk.acs.colleague(COLLEAGUE)
        colleague.picks_up()
        await invitation
        await caller.hangs_up()
        assert (await end).by is By.CALLER
        await phone.hang_up()
        assert not colleague.is_in_call


async def test_a_call_is_recorded_but_for_a_pause(studio: Studio) -> None:
    async with called(studio) as (_, caller, phone):
        await phone.start_recording()
        await asyncio.sleep(1)
        await phone.pause_recording()
        await asyncio.sleep(5)
        await phone.resume_recording()
        await asyncio.sleep(1)
        lasts_s = len(caller.recording) / 2 / caller.rate_hz
        assert 1.5 < lasts_s < 2.5
