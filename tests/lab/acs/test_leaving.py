import pytest

from bridge.lab.acs import AcsStandIn, LineDead

from .conftest import Bridge, Dial
from .people import CALLER, COLLEAGUE, THEIRS, add, established, rosters, three


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


async def test_a_bridge_that_leaves_lets_caller_and_colleague_talk_on(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await bridge.says(b"\0\x08" * 24_000)
    await call.hang_up(is_for_everyone=False)
    end = await phone.ended()
    assert (end.by, end.sub_code, end.transferred_to) == ("bridge", 7000, THEIRS)
    assert bridge.types[-2:] == ["MediaStreamingStopped", "CallDisconnected"]
    assert bridge.closes == [1000]
    left_ms, sent = phone.line_ms, phone.sent_frames
    await phone.says("Are you still there?")
    await colleague.hears("still there")
    await colleague.says("Yes, I am here.")
    await phone.hears("I am here")
    assert phone.line_ms > left_ms
    assert phone.sent_frames == sent
    assert (await phone.ended()) == end


@pytest.mark.parametrize("who", ["caller", "colleague"])
async def test_the_one_who_is_left_alone_hears_no_more(
    acs: AcsStandIn, bridge: Bridge, dial: Dial, who: str
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.hang_up(is_for_everyone=False)
    await phone.ended()
    await (phone if who == "caller" else colleague).hangs_up()
    for handset in (phone, colleague):
        with pytest.raises(LineDead):
            await handset.says("Hello?")
    assert bridge.types[-1] == "CallDisconnected"


async def test_a_bridge_that_ends_the_call_ends_it_for_everybody(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.hang_up(is_for_everyone=True)
    assert (await phone.ended()).transferred_to is None
    await colleague.left()
    assert not colleague.is_in_call


async def test_a_colleague_who_hangs_up_leaves_the_caller_with_the_bridge(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, _ = await three(acs, bridge, dial)
    await colleague.hangs_up()
    await bridge.until(lambda: len(rosters(bridge)) == 3)
    assert rosters(bridge)[-1] == ["4:+14255550123"]
    await bridge.says(b"\0\x08" * 24_000)
    await phone.waits(1.1)
    assert b"\0\x08" * 24_000 in phone.agent
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"


async def test_a_colleague_may_be_shown_out(acs: AcsStandIn, bridge: Bridge, dial: Dial) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    await call.remove_participant(COLLEAGUE, operation_context="bye")
    await colleague.left()
    await bridge.until(lambda: len(rosters(bridge)) == 3)
    told = bridge.callback("RemoveParticipantSucceeded")
    assert (told["participant"]["rawId"], told["operationContext"]) == (f"4:{THEIRS}", "bye")
    await call.remove_participant(COLLEAGUE)
    await bridge.told("RemoveParticipantFailed")
    await phone.hangs_up()


async def test_a_caller_who_is_shown_out_alone_ends_the_call(bridge: Bridge, dial: Dial) -> None:
    phone = await dial()
    call = await established(bridge, phone)
    await call.remove_participant(CALLER)
    assert (await phone.ended()).by == "bridge"
    assert bridge.types[-1] == "CallDisconnected"


async def test_a_caller_who_hangs_up_takes_the_colleague_along(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, _ = await three(acs, bridge, dial)
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"
    await colleague.left()


async def test_a_call_may_outlive_its_caller(acs: AcsStandIn, bridge: Bridge, dial: Dial) -> None:
    phone, colleague, _ = await three(acs, bridge, dial, outlives_caller=True)
    await phone.hangs_up()
    await bridge.until(lambda: len(rosters(bridge)) == 3)
    assert rosters(bridge)[-1] == [f"4:{THEIRS}"]
    await colleague.says("Hello?")
    await colleague.hangs_up()
    end = await phone.ended()
    assert (end.by, end.sub_code) == ("colleague", 5002)


async def test_a_bridge_alone_with_the_caller_cannot_leave_the_caller_behind(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone = await dial()
    call = await established(bridge, phone)
    await add(call)
    colleague = await acs.colleague(THEIRS)
    await call.hang_up(is_for_everyone=False)
    assert (await phone.ended()).transferred_to is None
    await colleague.left()
    with pytest.raises(LineDead):
        await phone.says("Hello?")
