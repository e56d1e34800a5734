import asyncio

import pytest
from azure.communication.callautomation import PhoneNumberIdentifier
from azure.core.exceptions import ResourceNotFoundError

from bridge.audio.pcm import silence
from bridge.lab.acs import AcsStandIn, CallRefused, LineDead
from bridge.lab.speech import Studio

from .conftest import NUMBER, Bridge, Dial

COLLEAGUE = PhoneNumberIdentifier("+15552220000")


async def test_a_caller_who_hangs_up_is_seen_as_540000(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    loop = asyncio.get_running_loop()
    hung_up = loop.time()
    hanging_up = asyncio.create_task(phone.hangs_up())
    await bridge.told("MediaStreamingStopped")
    assert not bridge.closes
    await bridge.until(lambda: bool(bridge.closes))
    assert loop.time() - hung_up == pytest.approx(0.02, abs=0.005)
    assert bridge.closes == [1000]
    await bridge.told("CallDisconnected")
    assert 0.06 <= loop.time() - hung_up <= 0.46
    await hanging_up
    assert bridge.types[3:] == ["MediaStreamingStopped", "CallDisconnected"]
    assert bridge.callback("CallDisconnected")["resultInformation"] == {
        "code": 200,
        "subCode": 540000,
        "message": "Call ended successfully by local PSTN caller.",
    }
    end = await phone.ended()
    assert (end.by, end.code, end.sub_code) == ("caller", 200, 540000)


async def test_nothing_is_sent_after_the_caller_hung_up(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.waits(0.51)
    sent, at_ms = phone.sent_frames, phone.line_ms
    await phone.hangs_up()
    assert (phone.sent_frames, phone.line_ms) == (sent, at_ms)
    assert bridge.audio() == phone.caller


async def test_a_caller_may_give_up_while_it_rings(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.answers = False
    phone = await acs.dial(NUMBER)
    await phone.waits(5)
    await phone.hangs_up()
    with pytest.raises(CallRefused, match="gave up"):
        await phone.answered()
    end = await phone.ended()
    assert (end.by, end.code, end.sub_code) == ("caller", 487, 540487)
    assert not bridge.events


async def test_a_caller_may_give_up_before_the_media_opens(acs: AcsStandIn, bridge: Bridge) -> None:
    phone = await acs.dial(NUMBER)
    await bridge.until(lambda: len(bridge.deliveries) == 2)
    await phone.waits(0.5)
    await phone.hangs_up()
    with pytest.raises(CallRefused):
        await phone.answered()
    assert bridge.types == ["CallDisconnected"]
    assert not bridge.upgrades


@pytest.mark.parametrize("for_everyone", [True, False])
async def test_a_bridge_that_hangs_up_is_seen_as_7000(
    dial: Dial, bridge: Bridge, *, for_everyone: bool
) -> None:
    phone = await dial()
    call = bridge.call(phone.connection_id)
    await call.hang_up(is_for_everyone=for_everyone)
    end = await phone.ended()
    assert (end.by, end.code, end.sub_code) == ("bridge", 200, 7000)
    assert bridge.types[-2:] == ["MediaStreamingStopped", "CallDisconnected"]
    assert bridge.closes == [1000]
    assert bridge.callback("CallDisconnected")["resultInformation"]["subCode"] == 7000
    with pytest.raises(ResourceNotFoundError):
        await call.hang_up(is_for_everyone=for_everyone)


async def test_an_accepted_transfer_ends_the_call_for_the_bridge(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial(transfer_rings_s=3)
    await bridge.told("CallConnected")
    call = bridge.call(phone.connection_id)
    asked_ms = phone.line_ms
    result = await call.transfer_call_to_participant(COLLEAGUE, operation_context="t")
    assert result.operation_context == "t"
    end = await phone.ended()
    assert (end.by, end.transferred_to) == ("transfer", "+15552220000")
    assert phone.line_ms - asked_ms == pytest.approx(3000, abs=20)
    assert bridge.types[-3:] == [
        "CallTransferAccepted",
        "MediaStreamingStopped",
        "CallDisconnected",
    ]
    accepted = bridge.callback("CallTransferAccepted")
    assert accepted["operationContext"] == "t"
    assert accepted["resultInformation"]["subCode"] == 7015
    assert accepted["transferTarget"] == {
        "kind": "phoneNumber",
        "rawId": "4:+15552220000",
        "phoneNumber": {"value": "+15552220000"},
    }
    assert accepted["transferee"]["rawId"] == "4:+14255550123"
    assert bridge.callback("CallDisconnected")["operationContext"] == "hello"
    with pytest.raises(ResourceNotFoundError):
        await call.get_call_properties()


async def test_a_failed_transfer_leaves_the_caller_with_the_bridge(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial(transfer_result=(486, 560486), transfer_rings_s=1)
    await bridge.told("CallConnected")
    await bridge.call(phone.connection_id).transfer_call_to_participant(COLLEAGUE)
    await bridge.told("CallTransferFailed")
    result = bridge.callback("CallTransferFailed")["resultInformation"]
    assert (result["code"], result["subCode"]) == (486, 560486)
    before = phone.received_frames
    await phone.waits(1)
    assert phone.received_frames - before == pytest.approx(50, abs=1)
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"


async def test_a_caller_may_hang_up_while_somebody_else_is_rung(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(transfer_rings_s=30)
    await bridge.told("CallConnected")
    await bridge.call(phone.connection_id).transfer_call_to_participant(COLLEAGUE)
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"
    assert "CallTransferAccepted" not in bridge.types


async def test_who_ends_the_call_first_has_ended_it(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.call(phone.connection_id).hang_up(is_for_everyone=True)
    await phone.hangs_up()
    assert (await phone.ended()).by == "bridge"


async def test_calls_do_not_hear_each_other(acs: AcsStandIn, bridge: Bridge) -> None:
    one, two = await acs.dial(NUMBER), await acs.dial(NUMBER, caller="+14255550124")
    await one.says("The first caller speaks.")
    await two.answered()
    assert acs.phones == [one, two]
    assert one.connection_id != two.connection_id
    assert any(one.caller)
    assert not any(two.agent)
    await one.hangs_up()
    await two.hangs_up()
    assert len(bridge.upgrades) == 2


async def test_a_stand_in_that_stops_takes_its_calls_along(studio: Studio, bridge: Bridge) -> None:
    async with AcsStandIn(studio) as acs:
        await acs.subscribe(bridge.url("events"))
        bridge.connect(acs)
        async with bridge.client:
            phone = await acs.dial(NUMBER)
            await phone.answered()
            await acs.dial("+18005550199")
            speaking = asyncio.create_task(phone.plays(silence(5000, 24_000), 24_000))
            await phone.waits(1)
    with pytest.raises(LineDead):
        await speaking
    await bridge.until(lambda: bool(bridge.closes))
    assert "CallDisconnected" not in bridge.types
