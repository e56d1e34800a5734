import asyncio
from typing import Any

import numpy as np
import pytest
from azure.communication.callautomation import PhoneNumberIdentifier
from azure.core.exceptions import HttpResponseError

from bridge.lab.acs import (
    BUSY,
    DECLINES,
    AcsStandIn,
    Answers,
    CallRefused,
    RingsOut,
    Switches,
    Voicemail,
)

from .conftest import NUMBER, Bridge
from .people import COLLEAGUE, add

THEM = "+14255550123"
CALLEE = PhoneNumberIdentifier(THEM)


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


async def test_somebody_who_is_called_answers_and_talks(acs: AcsStandIn, bridge: Bridge) -> None:
    acs.callees[THEM] = Answers(after_s=5)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    call = await bridge.calls(CALLEE)
    assert (await call.get_call_properties()).call_connection_state == "connecting"
    phone = await acs.callee(THEM)
    assert loop.time() == asked
    await phone.says("Hello?")
    await bridge.told("CallConnected")
    assert phone.opened_s - asked == pytest.approx(6, abs=0.01)
    assert bridge.callback("CallConnected")["operationContext"] == "out"
    (upgrade,) = bridge.upgrades
    assert upgrade.headers["x-ms-call-connection-id"] == phone.connection_id
    people = bridge.callback("ParticipantsUpdated")["participants"]
    assert people[0]["identifier"]["rawId"] == f"4:{THEM}"
    assert any(bridge.audio())
    properties = await call.get_call_properties()
    assert properties.call_connection_state == "connected"
    assert properties.source_caller_id_number
    assert properties.source_caller_id_number.properties["value"] == NUMBER
    await phone.hangs_up()
    end = await phone.ended()
    assert (end.by, end.sub_code) == ("callee", 560000)
    assert bridge.types[-2:] == ["MediaStreamingStopped", "CallDisconnected"]
    assert "CreateCallFailed" not in bridge.types


async def test_a_new_call_does_not_know_its_server_yet(acs: AcsStandIn, bridge: Bridge) -> None:
    created = await bridge.client.create_call(
        CALLEE,
        bridge.url("callbacks"),
        source_caller_id_number=PhoneNumberIdentifier(NUMBER),
        media_streaming=bridge.media(),
    )
    assert created.server_call_id is None
    assert created.call_connection_state == "connecting"
    assert [t.raw_id for t in created.targets or []] == [f"4:{THEM}"]
    assert acs.requests[-1].operation == "create"
    assert acs.requests[-1].call_connection_id is None


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(
    ("behaviour", "after_s", "code", "sub_code"),
    [
        (BUSY, 1, 486, 560486),
        (DECLINES, 4, 603, 560603),
        (RingsOut(), 115, 480, 560480),
    ],
)
async def test_somebody_who_is_not_reached_fails_the_call_twice_over(
    acs: AcsStandIn,
    bridge: Bridge,
    behaviour: Any,
    after_s: float,
    code: int,
    sub_code: int,
    *,
    last: bool,
) -> None:
    acs.switches = Switches(create_failed_last=last)
    acs.callees[THEM] = behaviour
    loop = asyncio.get_running_loop()
    asked = loop.time()
    call = await bridge.calls(CALLEE)
    phone = await acs.callee(THEM)
    with pytest.raises(CallRefused, match=str(sub_code)):
        await phone.answered()
    assert loop.time() - asked == pytest.approx(after_s, abs=0.01)
    end = await phone.ended()
    assert (end.by, end.code, end.sub_code) == ("callee", code, sub_code)
    failures = ["CreateCallFailed", "CallDisconnected"]
    assert bridge.types == (failures[::-1] if last else failures)
    for event in failures:
        result = bridge.callback(event)["resultInformation"]
        assert (result["code"], result["subCode"]) == (code, sub_code)
    assert not bridge.upgrades
    with pytest.raises(HttpResponseError, match="8522"):
        await call.get_call_properties()


async def test_a_test_may_answer_or_decline_in_a_callees_stead(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    acs.callees[THEM] = RingsOut()
    await bridge.calls(CALLEE)
    phone = await acs.callee(THEM)
    await phone.hangs_up()
    assert (await phone.ended()).code == 603
    await bridge.calls(CALLEE)
    phone = await acs.callee(THEM)
    phone.picks_up()
    await phone.answered()


async def test_a_bridge_that_hangs_up_while_it_rings_ends_the_call(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    call = await bridge.calls(CALLEE)
    phone = await acs.callee(THEM)
    await call.hang_up(is_for_everyone=True)
    assert (await phone.ended()).by == "bridge"
    with pytest.raises(CallRefused):
        await phone.answered()
    assert bridge.types == ["CallDisconnected"]


async def test_an_answering_machine_speaks_and_beeps(acs: AcsStandIn, bridge: Bridge) -> None:
    acs.callees[THEM] = Voicemail("You have reached the Miller family.", after_s=15)
    await bridge.calls(CALLEE)
    phone = await acs.callee(THEM)
    await phone.answered()
    await phone.waits(6)
    assert [line.text for line in phone.said] == ["You have reached the Miller family."]
    start = round(phone.said[0].end_ms) // 20 * 960 + 960
    beep = np.frombuffer(bytes(phone.caller[start : start + 960 * 24]), "<i2")
    assert np.abs(np.fft.rfft(beep)).argmax() / (len(beep) / 24_000) == pytest.approx(1000, abs=3)
    assert not any(phone.caller[start + 960 * 26 :])
    await phone.hangs_up()


async def test_a_number_carries_two_calls_at_a_time(acs: AcsStandIn, bridge: Bridge) -> None:
    numbers = ["+14255550001", "+14255550002", "+14255550003"]
    for number in numbers:
        await bridge.calls(PhoneNumberIdentifier(number))
    await acs.phones[2].ended()
    result = bridge.callback("CreateCallFailed")["resultInformation"]
    assert (result["code"], result["subCode"]) == (603, 560603)
    first, second = [await acs.callee(number) for number in numbers[:2]]
    await second.answered()
    await first.hangs_up()
    await bridge.calls(PhoneNumberIdentifier(numbers[2]))
    await (await acs.callee(numbers[2])).answered()


@pytest.mark.parametrize("dropped", [True, False])
async def test_two_numbers_that_the_bridge_dialled_are_cut_off_when_it_leaves_or_not(
    acs: AcsStandIn, bridge: Bridge, *, dropped: bool
) -> None:
    acs.switches = Switches(dialled_drop=dropped)
    call = await bridge.calls(CALLEE)
    await bridge.told("CallConnected")
    phone = await acs.callee(THEM)
    await add(call)
    colleague = await acs.colleague("+15552220000")
    await colleague.answered()
    await call.hang_up(is_for_everyone=False)
    end = await phone.ended()
    assert end.transferred_to == (None if dropped else COLLEAGUE.properties["value"])
    assert colleague.is_in_call != dropped


async def test_a_call_needs_one_person_and_a_number_to_call_from(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    callbacks = bridge.url("callbacks")
    with pytest.raises(HttpResponseError, match="SourceCallerIdNumber"):
        await bridge.client.create_call(CALLEE, callbacks, media_streaming=bridge.media())
    with pytest.raises(HttpResponseError, match="one person"):
        await bridge.client.create_call(
            [CALLEE, COLLEAGUE], callbacks, media_streaming=bridge.media()
        )
    assert not acs.phones
