from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from bridge.lab.acs import AcsStandIn, Phone

from .conftest import Bridge, Dial
from .people import three

STATE = "RecordingStateChanged"


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


async def record(bridge: Bridge, phone: Phone, **options: Any) -> str:
    await bridge.told("ParticipantsUpdated")
    started = await bridge.client.start_recording(
        server_call_id=phone.server_call_id,
        recording_state_callback_url=bridge.url("callbacks?recording"),
        **options,
    )
    assert started.recording_state == "inactive"
    assert started.recording_id
    return started.recording_id


def states(bridge: Bridge) -> list[str]:
    return [e["data"]["state"] for e in bridge.events if e["type"].endswith(STATE)]


async def test_a_recording_holds_everybody_from_its_first_callback_on(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    await phone.plays(b"\0\x01" * 2400, 24_000)
    recording_id = await record(bridge, phone)
    await bridge.told(STATE)
    await bridge.says(b"\0\x02" * 2400)
    await phone.plays(b"\0\x04" * 2400, 24_000)
    await phone.waits(0.1)
    assert set(phone.recording[1::2]) - {0} == {6}
    (event,) = (e for e in bridge.events if e["type"].endswith(STATE))
    assert event["source"] == f"calling/recordings/{phone.server_call_id}/{recording_id}/{STATE}"
    assert event["data"]["recordingId"] == recording_id
    assert event["data"]["recordingKind"] == "azureCommunicationServices"
    state = await bridge.client.get_recording_properties(recording_id)
    assert state.recording_state == "active"


async def test_keys_are_heard_on_a_recording_unless_it_is_paused(
    dial: Dial, bridge: Bridge, acs: AcsStandIn
) -> None:
    phone = await dial()
    recording_id = await record(bridge, phone)
    await bridge.until(lambda: states(bridge) == ["active"])
    await phone.presses("1")
    assert any(phone.recording)
    await bridge.client.pause_recording(recording_id)
    await bridge.until(lambda: states(bridge) == ["active", "inactive"])
    length = len(phone.recording)
    await phone.presses("23")
    assert len(phone.recording) == length
    await bridge.client.resume_recording(recording_id)
    await bridge.until(lambda: len(states(bridge)) == 3)
    await phone.presses("4")
    assert any(phone.recording[length:])
    assert [r.operation for r in acs.requests[1:]] == [
        "recordings:create",
        "recordings:pause",
        "recordings:resume",
    ]


async def test_a_pause_takes_effect_when_its_callback_says_so(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(recording_s=1)
    recording_id = await record(bridge, phone)
    await bridge.told(STATE)
    await bridge.client.pause_recording(recording_id)
    await phone.presses("1")
    assert any(phone.recording)


async def test_a_recording_may_begin_paused(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await record(bridge, phone, pause_on_start=True)
    await bridge.told(STATE)
    await phone.presses("1")
    assert states(bridge) == ["inactive"]
    assert not phone.recording


async def test_a_recording_that_is_stopped_is_not_found(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    recording_id = await record(bridge, phone)
    await bridge.told(STATE)
    with pytest.raises(HttpResponseError, match="8519"):
        await record(bridge, phone)
    await bridge.client.stop_recording(recording_id)
    await bridge.until(lambda: states(bridge) == ["active", "inactive"])
    with pytest.raises(HttpResponseError, match="8522"):
        await bridge.client.get_recording_properties(recording_id)
    await phone.presses("1")
    assert not any(phone.recording)


async def test_a_recording_may_fail_to_start(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(recording_failure=(500, 9999))
    recording_id = await record(bridge, phone)
    await bridge.told("StartRecordingFailed")
    failed = bridge.callback("StartRecordingFailed")
    assert (failed["recordingId"], failed["resultInformation"]["subCode"]) == (recording_id, 9999)
    assert not states(bridge)


async def test_a_recording_ends_with_the_call(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    recording_id = await record(bridge, phone)
    await bridge.told(STATE)
    await phone.hangs_up()
    await bridge.until(lambda: states(bridge) == ["active", "inactive"])
    with pytest.raises(HttpResponseError, match="8522"):
        await bridge.client.get_recording_properties(recording_id)


async def test_a_recording_goes_on_when_the_bridge_leaves(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    phone, colleague, call = await three(acs, bridge, dial)
    recording_id = await record(bridge, phone)
    await bridge.told(STATE)
    await call.hang_up(is_for_everyone=False)
    await phone.ended()
    await colleague.plays(b"\0\x04" * 2400, 24_000)
    assert b"\0\x04" * 2400 in phone.recording
    await bridge.client.stop_recording(recording_id)
    await bridge.until(lambda: states(bridge) == ["active", "inactive"])


async def test_nobody_is_recorded_before_the_call_is_established(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    with pytest.raises(HttpResponseError, match="8501"):
        await bridge.client.start_recording(call_connection_id=phone.connection_id)
    with pytest.raises(HttpResponseError, match="8522"):
        await bridge.client.start_recording(server_call_id="elsewhere")
