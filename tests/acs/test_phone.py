"""What the phone does for a call, and how it learns whether that worked."""

import asyncio

import pytest

from bridge.acs.colleague import RINGS_S
from bridge.acs.transferring import TRANSFER_S
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.flow.outcomes import Transfer
from tests.acs.cloud import GONE
from tests.acs.conftest import Scene

COLLEAGUE = "+18005550199"
TO = Transfer(COLLEAGUE)
REFUSED = (403, {"error": {"code": "7504"}})


Outcome = asyncio.Task[str | None]


class TestTransfer:
    OPERATION = "transferToParticipant"

    async def rings(self, scene: Scene, times: int = 1) -> Outcome:
        transfer = asyncio.create_task(scene.phone.transfer(TO))
        await scene.acs.is_asked(self.OPERATION, times)
        return transfer

    async def test_an_accepted_one_has_no_more_to_say(self, scene: Scene) -> None:
        transfer = await self.rings(scene)
        scene.told("CallTransferAccepted", 200, 7015, of=self.OPERATION)
        assert await transfer is None
        assert scene.acs.operations == [self.OPERATION]

    async def test_a_failed_one_says_why_and_the_call_goes_on(self, scene: Scene) -> None:
        transfer = await self.rings(scene)
        scene.told("CallTransferFailed", 486, 560486, of=self.OPERATION)
        assert await transfer == "busy"
        assert scene.acs.operations == [self.OPERATION, "get"]
        assert not scene.line.ended.done()

    async def test_news_of_an_earlier_one_says_nothing_of_a_later_one(self, scene: Scene) -> None:
        transfer = await self.rings(scene)
        scene.told("CallTransferFailed", 486, 560486, of=self.OPERATION)
        assert await transfer == "busy"
        earlier = scene.acs.context(self.OPERATION)
        transfer = await self.rings(scene, times=2)
        scene.told("CallTransferFailed", 603, 0, of=self.OPERATION)
        assert scene.acs.context(self.OPERATION) != earlier
        assert await transfer == "declined"

    async def test_one_that_nobody_speaks_of_is_given_up(self, scene: Scene) -> None:
        async with asyncio.timeout(TRANSFER_S + 3):
            assert await scene.phone.transfer(TO) == "no answer"

    async def test_one_that_cost_the_call_ends_it(self, scene: Scene) -> None:
        scene.acs.replies["get"] = GONE
        transfer = await self.rings(scene)
        scene.told("CallTransferFailed", 500, 9999, of=self.OPERATION)
        assert await transfer == "failed for a reason that ACS does not know"
        detail = "gone after a transfer that failed"
        gone = CallEnd(By.CARRIER, Reason.DISCONNECTED, Then.NOTHING, detail)
        assert await scene.phone.ended() == gone

    async def test_a_caller_who_hangs_up_while_it_rings_is_not_lost_by_the_carrier(
        self, scene: Scene
    ) -> None:
        scene.acs.replies["get"] = GONE
        transfer = await self.rings(scene)
        scene.told("CallTransferFailed", 487, 540487, of=self.OPERATION)
        await asyncio.sleep(0.5)
        scene.told("CallDisconnected", 200, 540000)
        await transfer
        assert (await scene.phone.ended()).by is By.CALLER

    async def test_a_state_that_acs_does_not_tell_is_no_end(self, scene: Scene) -> None:
        scene.acs.replies["get"] = REFUSED
        transfer = await self.rings(scene)
        scene.told("CallTransferFailed", 480, 560480, of=self.OPERATION)
        assert await transfer == "no answer"
        assert not scene.line.ended.done()

    async def test_a_refusal_to_try_is_an_error(self, scene: Scene) -> None:
        scene.acs.replies[self.OPERATION] = REFUSED
        with pytest.raises(PhoneError, match="403 7504"):
            await scene.phone.transfer(TO)


class TestColleague:
    ADD, REMOVE = "participants:add", "participants:remove"
    CANCEL = "participants:cancelAddParticipant"

    async def rings(self, scene: Scene) -> Outcome:
        invitation = asyncio.create_task(scene.phone.invite(TO))
        await scene.acs.is_asked(self.ADD)
        return invitation

    async def joins(self, scene: Scene) -> None:
        invitation = await self.rings(scene)
        scene.told("AddParticipantSucceeded", of=self.ADD)
        assert await invitation is None

    async def test_one_who_answers_is_there_and_has_keys(self, scene: Scene) -> None:
        await self.joins(scene)
        assert scene.acs.operations == [self.ADD, "startContinuousDtmfRecognition"]
        watched = scene.acs.body("startContinuousDtmfRecognition")["targetParticipant"]
        assert watched["phoneNumber"] == {"value": COLLEAGUE}

    async def test_keys_that_cannot_be_watched_keep_nobody_away(self, scene: Scene) -> None:
        scene.acs.replies["startContinuousDtmfRecognition"] = REFUSED
        await self.joins(scene)

    @pytest.mark.parametrize(
        ("code", "sub_code", "why"),
        [(486, 560486, "busy"), (603, 0, "declined"), (400, 8544, "not reachable")],
    )
    async def test_one_who_does_not_come_says_why(
        self, scene: Scene, code: int, sub_code: int, why: str
    ) -> None:
        invitation = await self.rings(scene)
        scene.told("AddParticipantFailed", code, sub_code, of=self.ADD)
        assert await invitation == why
        await scene.phone.dismiss()
        assert scene.acs.operations == [self.ADD], "there is nobody to dismiss"

    @pytest.mark.parametrize("reply", [(202, {}), REFUSED, GONE])
    async def test_one_of_whom_nothing_is_heard_rings_no_longer(
        self, scene: Scene, reply: tuple[int, dict[str, object]]
    ) -> None:
        scene.acs.replies[self.CANCEL] = reply
        began_s = asyncio.get_running_loop().time()
        assert await scene.phone.invite(TO) == "no answer"
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(RINGS_S + 5, abs=1)
        assert scene.acs.operations == [self.ADD, self.CANCEL]

    async def test_one_who_is_there_can_be_sent_away(self, scene: Scene) -> None:
        await self.joins(scene)
        dismissal = asyncio.create_task(scene.phone.dismiss())
        await scene.acs.is_asked(self.REMOVE)
        assert not dismissal.done()
        scene.told("RemoveParticipantSucceeded", of=self.REMOVE)
        await dismissal
        await scene.phone.dismiss()
        assert scene.acs.operations.count(self.REMOVE) == 1

    async def test_one_who_will_not_leave_is_an_error(self, scene: Scene) -> None:
        await self.joins(scene)
        dismissal = asyncio.create_task(scene.phone.dismiss())
        await scene.acs.is_asked(self.REMOVE)
        scene.told("RemoveParticipantFailed", 400, 8523, of=self.REMOVE)
        with pytest.raises(PhoneError, match="400/8523"):
            await dismissal

    async def test_one_who_has_left_need_not_be_sent_away(self, scene: Scene) -> None:
        await self.joins(scene)
        scene.acs.replies[self.REMOVE] = GONE
        await scene.phone.dismiss()

    async def test_word_of_the_leaving_is_not_waited_for_for_ever(self, scene: Scene) -> None:
        await self.joins(scene)
        async with asyncio.timeout(6):
            await scene.phone.dismiss()

    async def test_an_invitation_can_be_called_off(self, scene: Scene) -> None:
        invitation = await self.rings(scene)
        invitation.cancel()
        await asyncio.gather(invitation, return_exceptions=True)
        await scene.phone.dismiss()
        assert scene.acs.operations == [self.ADD, self.CANCEL]

    async def test_one_who_came_after_the_wait_is_sent_away_too(self, scene: Scene) -> None:
        invitation = await self.rings(scene)
        invitation.cancel()
        await asyncio.gather(invitation, return_exceptions=True)
        scene.told("AddParticipantSucceeded", of=self.ADD)
        await scene.phone.dismiss()
        assert scene.acs.operations == [self.ADD, self.REMOVE]

    async def test_nobody_was_invited_and_nobody_is_dismissed(self, scene: Scene) -> None:
        await scene.phone.dismiss()
        assert scene.acs.operations == []

    async def test_a_caller_who_leaves_a_colleague_behind_has_hung_up(self, scene: Scene) -> None:
        end = asyncio.create_task(scene.phone.ended())
        scene.told("ParticipantsUpdated")
        await self.joins(scene)
        scene.told("ParticipantsUpdated")
        await scene.acs.is_asked("participants")
        scene.acs.replies["participants"] = (200, {"value": []})
        scene.told("ParticipantsUpdated")
        assert await end == CallEnd(By.CALLER, Reason.HUNG_UP, detail="a colleague was there")
        assert scene.acs.operations.count("participants") == 2, "before, nobody else was there"

    async def test_a_list_of_participants_that_acs_refuses_is_no_end(self, scene: Scene) -> None:
        end = asyncio.create_task(scene.phone.ended())
        scene.acs.replies["participants"] = REFUSED
        await self.joins(scene)
        scene.told("ParticipantsUpdated")
        await scene.acs.is_asked("participants")
        scene.told("CallDisconnected", 200, 540000)
        assert (await end).detail == "CallDisconnected 200/540000"

    async def test_leaving_the_two_to_each_other_ends_only_our_part(self, scene: Scene) -> None:
        await scene.phone.leave()
        await scene.phone.hang_up()
        assert scene.acs.operations == ["delete", "terminate"]


async def test_a_caller_on_hold_hears_music(scene: Scene) -> None:
    await scene.phone.hold("hold.wav")
    source = scene.acs.body("hold")["playSourceInfo"]
    assert source["file"] == {"uri": "https://bridge.example.com/sounds/hold.wav"}
    await scene.phone.take_back()
    assert scene.acs.operations == ["hold", "unhold"]


async def test_keys_are_watched_once(scene: Scene) -> None:
    scene.acs.replies["startContinuousDtmfRecognition"] = REFUSED
    with pytest.raises(PhoneError):
        await scene.phone.watch_keys()
    scene.acs.replies["startContinuousDtmfRecognition"] = (200, None)
    await scene.phone.watch_keys()
    await scene.phone.watch_keys()
    assert len(scene.acs.asked) == 2


@pytest.mark.parametrize("caller", ["anonymous"])
async def test_a_caller_without_a_number_cannot_be_named_to_acs(scene: Scene) -> None:
    await scene.phone.watch_keys()
    with pytest.raises(PhoneError, match="withheld"):
        await scene.phone.hold("hold.wav")
    with pytest.raises(PhoneError, match="withheld"):
        await scene.phone.take_back()
    assert scene.acs.operations == []


async def test_a_recording_pauses_and_goes_on(scene: Scene) -> None:
    await scene.phone.pause_recording()
    await scene.phone.resume_recording()
    assert scene.acs.operations == [], "there is no recording"
    await scene.phone.start_recording()
    await scene.phone.pause_recording()
    await scene.phone.resume_recording()
    assert scene.acs.operations[1:] == ["recordings", "recordings:pause", "recordings:resume"]
