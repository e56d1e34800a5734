"""What is known in more than one reading, or not known at all."""

import asyncio
import base64
from datetime import datetime
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from azure.communication.callautomation import (
    MediaStreamingAudioChannelType,
    PhoneNumberIdentifier,
)
from azure.core.exceptions import HttpResponseError

from bridge.audio.pcm import level_dbfs
from bridge.lab.acs import AcsStandIn, Fault, Switches

from .conftest import NUMBER, Bridge, Dial, Json
from .people import THEIRS, established, three
from .test_media import audio_frames


async def test_kinds_of_users_have_a_capital_letter_where_those_of_numbers_have(
    acs: AcsStandIn, bridge: Bridge
) -> None:
    acs.switches = Switches(kind="PhoneNumber")
    phone = await acs.dial(NUMBER, caller="8:acs:resource_user")
    await phone.answered()
    data = bridge.deliveries[-1][1][0]["data"]
    assert (data["from"]["kind"], data["to"]["kind"]) == ("CommunicationUser", "PhoneNumber")
    assert data["from"]["communicationUser"] == {"id": "8:acs:resource_user"}


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        (Fault(412, "8583"), 1),
        (Fault(429, "8516"), 1),
        (Fault(429, "8516", retry_after_s=1), 2),
        (Fault(503, "8500"), 2),
    ],
)
async def test_any_operation_may_meet_an_error(
    acs: AcsStandIn, dial: Dial, bridge: Bridge, fault: Fault, requests: int
) -> None:
    phone = await dial(errors={"participants:add": fault})
    call = await established(bridge, phone)
    added = call.add_participant(
        PhoneNumberIdentifier(THEIRS), source_caller_id_number=PhoneNumberIdentifier(NUMBER)
    )
    if requests == 1:
        with pytest.raises(HttpResponseError) as error:
            await added
        assert error.value.status_code == fault.status
    else:
        await added
    asked = [r.operation for r in acs.requests]
    assert asked.count("participants:add") == requests


async def test_a_call_may_not_know_its_state_at_first(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(answered_state="unknown")
    call = bridge.call(phone.connection_id)
    assert (await call.get_call_properties()).call_connection_state == "unknown"


async def test_an_identity_needs_no_signature(acs: AcsStandIn) -> None:
    url = f"{acs.endpoint}/calling/callConnections/x?api-version=2026-03-12"
    headers = {"Authorization": "Bearer token"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 404


async def test_a_call_may_be_answered_without_media(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.answers = False
    phone = await acs.dial(NUMBER)
    await bridge.until(lambda: len(bridge.deliveries) == 2)
    context = bridge.deliveries[-1][1][0]["data"]["incomingCallContext"]
    await bridge.client.answer_call(context, bridge.url("callbacks"))
    await phone.answered()
    await bridge.told("ParticipantsUpdated")
    assert "MediaStreamingFailed" not in bridge.types
    await phone.hangs_up()
    assert not bridge.upgrades


async def test_callbacks_may_go_by_http_to_another_machine(acs: AcsStandIn, bridge: Bridge) -> None:
    bridge.answers = False
    acs.switches = Switches(callbacks_by_http=True)
    await acs.dial(NUMBER)
    await bridge.until(lambda: len(bridge.deliveries) == 2)
    context = bridge.deliveries[-1][1][0]["data"]["incomingCallContext"]
    await bridge.client.answer_call(context, "http://127.0.0.2:9/callbacks")
    assert acs.requests[-1].body["callbackUri"] == "http://127.0.0.2:9/callbacks"


async def test_media_may_be_started_later(dial: Dial, bridge: Bridge) -> None:
    bridge.options = {"start_media_streaming": False}
    phone = await dial()
    await bridge.told("ParticipantsUpdated")
    assert not bridge.upgrades
    await bridge.call(phone.connection_id).start_media_streaming()
    await bridge.told("MediaStreamingStarted")
    assert len(bridge.upgrades) == 1


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("null", {"participantRawID": None}),
        ("caller", {"participantRawID": "4:+14255550123"}),
        ("nobody", {}),
    ],
)
async def test_mixed_sound_may_name_somebody(
    dial: Dial, bridge: Bridge, names: str, said: Json
) -> None:
    phone = await dial(mixed_names=names)
    await phone.waits(0.1)
    frame = audio_frames(bridge)[-1]
    assert {key: frame[key] for key in frame.keys() & {"participantRawID"}} == said


async def test_unmixed_sound_is_apart_for_each_who_is_not_on_hold(
    acs: AcsStandIn, dial: Dial, bridge: Bridge
) -> None:
    bridge.options = {"audio_channel_type": MediaStreamingAudioChannelType.UNMIXED}
    bridge.echo = False
    phone, colleague, call = await three(acs, bridge, dial)
    await asyncio.gather(phone.says("I am the caller."), colleague.says("And I am not."))
    await call.hold(PhoneNumberIdentifier(THEIRS))
    held_from = len(audio_frames(bridge))
    await phone.waits(1)
    for whose, mouth in (("4:+14255550123", phone.mouth), (f"4:{THEIRS}", colleague.mouth)):
        frames = [f for f in audio_frames(bridge) if f["participantRawID"] == whose]
        heard = b"".join(base64.b64decode(frame["data"]) for frame in frames)
        assert level_dbfs(heard) > -40
        assert heard in bytes(mouth)
    held = {frame["participantRawID"] for frame in audio_frames(bridge)[held_from + 2 :]}
    assert held == {"4:+14255550123"}


async def test_frames_may_be_late_and_are_as_many(dial: Dial, bridge: Bridge) -> None:
    came: list[float] = []
    phone = await dial(media_jitter_ms=60)
    for _ in range(100):
        before = len(audio_frames(bridge))
        await phone.waits(0.02)
        came.append(len(audio_frames(bridge)) - before)
    assert {0, 1} < set(came)
    assert sum(came) == pytest.approx(100, abs=5)
    stamps = [datetime.fromisoformat(f["timestamp"][:-1]) for f in audio_frames(bridge)]
    assert {later - earlier for earlier, later in pairwise(stamps)} == {stamps[1] - stamps[0]}


async def test_a_failed_transfer_may_leave_a_call_of_no_use(dial: Dial, bridge: Bridge) -> None:
    results: dict[str, Any] = {"transfer_result": (486, 560486), "transfer_rings_s": 1}
    phone = await dial(transfer_failure_is_final=True, **results)
    call = await established(bridge, phone)
    await call.transfer_call_to_participant(PhoneNumberIdentifier(THEIRS))
    await bridge.told("CallTransferFailed")
    with pytest.raises(HttpResponseError, match="8501"):
        await call.transfer_call_to_participant(PhoneNumberIdentifier(THEIRS))
    await call.hang_up(is_for_everyone=True)
    assert (await phone.ended()).by == "bridge"
