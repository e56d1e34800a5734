"""Calls directed by requests, the caller at one end and a bridge that echoes at the other."""

import asyncio
import io
import wave

import aiohttp
import pytest
from azure.communication.callautomation import PhoneNumberIdentifier

from bridge.lab.acs.dtmf import sound as key_sound
from bridge.lab.serve import Lab
from bridge.lab.wave_file import stereo

from .conftest import NUMBER, Ask, Bridge

QUESTION = "Where is my order?"


async def begin(ask: Ask, **call: object) -> None:
    await ask("POST", "/calls", {"number": NUMBER, **call})
    await ask("POST", "/calls/latest/wait", {"until": "answered"})


async def test_a_caller_says_something_and_hears_the_echo(ask: Ask, bridge: Bridge) -> None:
    await begin(ask)
    await ask("POST", "/calls/latest/say", {"text": QUESTION})
    heard = await ask("POST", "/calls/latest/hear", {"text": "order"})
    call = await ask("GET", "/calls/latest")
    (said,), (echo,) = call["said"], call["heard"]
    assert said["text"] == echo["text"] == QUESTION
    assert echo["complete"]
    assert heard["heard_to_its_end_ms"] == pytest.approx(echo["end_ms"], abs=2)
    assert call["sound_began_ms"] <= said["start_ms"] < echo["end_ms"] < call["now_ms"]
    assert 0 < echo["start_ms"] - said["start_ms"] < 200
    assert call["state"] == "answered"
    assert call["frames_sent"] == len(bridge.frames) - 1


async def test_what_was_told_and_asked_is_on_the_call(ask: Ask, bridge: Bridge) -> None:
    bridge.callback_statuses = [500]
    await begin(ask)
    await ask("POST", "/calls/latest/wait", {"seconds": 2})
    over = await ask("POST", "/calls/latest/hang-up")
    assert (over["state"], over["end"]["by"]) == ("over", "caller")
    told = await ask("GET", "/calls/latest/callbacks")
    assert [(one["kind"], one["name"], one["status"]) for one in told] == [
        ("event", "IncomingCall", 200),
        ("callback", "MediaStreamingStarted", 500),
        ("callback", "CallConnected", 200),
        ("callback", "ParticipantsUpdated", 200),
        ("callback", "MediaStreamingStarted", 200),
        ("callback", "MediaStreamingStopped", 200),
        ("callback", "CallDisconnected", 200),
    ]
    (answer,) = await ask("GET", "/calls/latest/requests")
    assert answer["status"] == 200
    assert "incomingCallContext" in answer["content"]
    assert answer["answer"]["callConnectionId"] == over["id"]


async def test_requests_that_were_refused_can_be_seen(lab: Lab, ask: Ask) -> None:
    url = f"{lab.stage.acs.endpoint}/calling/callConnections:answer?api-version=2026-03-12"
    async with aiohttp.ClientSession() as session, session.post(url, data=b"?") as response:
        assert response.status == 401
    (refused,) = await ask("GET", "/requests")
    assert refused["name"] == "POST /calling/callConnections:answer?api-version=2026-03-12"
    assert (refused["status"], refused["content"], refused["correlation_id"]) == (401, "?", "")
    assert refused["answer"]["error"]["code"] == "Denied"


async def test_a_timeline_has_everything_in_order(ask: Ask, bridge: Bridge) -> None:
    await begin(ask)
    await ask("POST", "/calls/latest/press", {"keys": "4#"})
    await ask("POST", "/calls/latest/say", {"text": QUESTION})
    await ask("POST", "/calls/latest/hear", {"text": QUESTION})
    await bridge.sockets[-1].send_json({"Kind": "StopAudio", "AudioData": None, "StopAudio": {}})
    await ask("POST", "/calls/latest/hang-up")
    timeline = await ask("GET", "/calls/latest/timeline")
    assert [moment["at_ms"] for moment in timeline] == sorted(m["at_ms"] for m in timeline)
    moments = [(moment["kind"], moment["text"]) for moment in timeline]
    assert moments[0] == ("event", "IncomingCall 200")
    for moment in (("keys", "4#"), ("caller", QUESTION), ("heard", QUESTION), ("stop_audio", "")):
        assert moment in moments
    assert moments[-1] == ("callback", "CallDisconnected 200")
    assert [f["dtmfData"]["data"] for f in bridge.frames if f["kind"] == "DtmfData"] == ["4", "#"]


async def test_a_caller_talks_over_whoever_speaks(ask: Ask, lab: Lab, bridge: Bridge) -> None:
    bridge.echo = False
    await begin(ask)
    over = asyncio.create_task(ask("POST", "/calls/latest/say", {"text": "Stop!", "when": "over"}))
    await ask("POST", "/calls/latest/wait", {"seconds": 2})
    began_ms = lab.stage.call("latest").line_ms
    await bridge.says(key_sound("5", 24_000) * 10)
    await over
    (said,) = lab.stage.call("latest").said
    assert 0 < said.start_ms - began_ms < 500


async def test_a_polite_caller_speaks_once_it_is_quiet(ask: Ask, lab: Lab, bridge: Bridge) -> None:
    bridge.echo = False
    await begin(ask)
    await bridge.says(key_sound("5", 24_000) * 10)
    await ask("POST", "/calls/latest/say", {"text": "Thank you.", "when": "quiet"})
    (said,) = lab.stage.call("latest").said
    assert 1700 <= said.start_ms < 2300


async def test_a_file_is_played_and_the_call_comes_back_as_one(ask: Ask, bridge: Bridge) -> None:
    await begin(ask)
    beep = io.BytesIO()
    with wave.open(beep, "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(key_sound("5", 24_000))
    await ask("POST", "/calls/latest/play", beep.getvalue())
    await ask("POST", "/calls/latest/wait", {"seconds": 1})
    recording = await ask("GET", "/calls/latest/recording")
    call = await ask("GET", "/calls/latest")
    with wave.open(io.BytesIO(recording)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 24_000)
        assert file.getnframes() == pytest.approx(call["sound_ms"] * 24, abs=2_000)
        sound = file.readframes(file.getnframes())
    left, right = (bytes(sound[0::4]), bytes(sound[2::4]))
    assert any(left)
    assert any(right)
    assert bridge.frames


@pytest.mark.parametrize("file", [b"nonsense", stereo(b"", b"", 8_000)])
async def test_only_a_file_that_can_be_played_is_taken(
    ask: Ask, tries: Ask, bridge: Bridge, file: bytes
) -> None:
    await begin(ask)
    status, answer = await tries("POST", "/calls/latest/play", file)
    assert status == 400
    assert answer["error"].startswith("The sound must be a WAV file, PCM16 on one channel")
    assert bridge.upgrades


async def test_the_network_says_who_calls_and_what_it_was_told(ask: Ask, bridge: Bridge) -> None:
    bridge.answers = False
    user = "8:acs:11111111-2222-3333-4444-555555555555_00000000-0000-0000-0000-000000000001"
    call = {"caller": user, "display_name": "Ada", "sip_headers": {"userToUser": "vip"}}
    await ask("POST", "/calls", {"number": NUMBER, **call})
    await bridge.until(lambda: len(bridge.deliveries) == 2)
    data = bridge.deliveries[-1][1][0]["data"]
    assert data["from"]["communicationUser"] == {"id": user}
    assert data["callerDisplayName"] == "Ada"
    assert data["customContext"]["sipHeaders"] == {"userToUser": "vip"}


async def test_a_caller_gives_up_after_so_long(ask: Ask, tries: Ask, bridge: Bridge) -> None:
    bridge.answers = False
    await ask("POST", "/calls", {"number": NUMBER, "rings_s": 3})
    assert (await ask("GET", "/health"))["calls"] == 1
    status, answer = await tries("POST", "/calls/latest/say", {"text": "Hello?"})
    assert (status, answer["error"]) == (
        409,
        "The call was over before there was any sound: not answered.",
    )
    assert (await ask("GET", "/health"))["calls"] == 0


async def test_a_media_socket_is_lost_and_opened_again(ask: Ask, bridge: Bridge) -> None:
    await begin(ask)
    await ask("POST", "/calls/latest/media", {"does": "closes", "code": 1011})
    await bridge.until(lambda: bridge.closes == [1011])
    await ask("POST", "/calls/latest/media", {"does": "reopens"})
    await bridge.until(lambda: len(bridge.upgrades) == 2)
    await ask("POST", "/calls/latest/media", {"does": "drops"})
    await bridge.until(lambda: len(bridge.closes) == 2)
    assert bridge.closes[-1] in (None, 1006)
    (call,) = await ask("GET", "/calls")
    assert call["state"] == "answered"


async def test_any_frame_is_sent(ask: Ask, bridge: Bridge) -> None:
    await begin(ask)
    frame = {"kind": "DtmfData", "dtmfData": {"data": "star"}}
    await ask("POST", "/calls/latest/frames", frame)
    await bridge.until(lambda: frame in bridge.frames)


async def test_whoever_is_called_does_what_was_decided(ask: Ask, bridge: Bridge) -> None:
    busy = {"refuses": {"code": 486, "sub_code": 560486}}
    await ask("PUT", "/people/+14255550188", busy)
    await bridge.calls(PhoneNumberIdentifier("+14255550188"))
    await bridge.told("CreateCallFailed")
    (call,) = await ask("GET", "/calls")
    assert (call["placed_by"], call["end"]["sub_code"]) == ("bridge", 560486)
    (created,) = await ask("GET", "/calls/latest/requests")
    assert created["status"] == 201


@pytest.mark.parametrize("habit", [{}, {"rings_out": {}, "answers": {}}, {"sleeps": {}}])
async def test_a_person_does_one_thing(tries: Ask, habit: object) -> None:
    status, answer = await tries("PUT", "/people/+1", habit)
    assert status == 400
    assert answer["error"]


async def test_only_keys_that_telephones_have_are_pressed(
    ask: Ask, tries: Ask, bridge: Bridge
) -> None:
    await begin(ask)
    status, answer = await tries("POST", "/calls/latest/press", {"keys": "4x?"})
    assert (status, answer["error"]) == (400, "No telephone has the keys ? x.")
    assert bridge.upgrades


async def test_what_is_waited_for_may_not_come(ask: Ask, tries: Ask, bridge: Bridge) -> None:
    await begin(ask)
    status, answer = await tries("POST", "/calls/latest/wait", {"until": "over", "seconds": 2})
    assert (status, answer["error"]) == (409, "It did not come to that in time.")
    status, answer = await tries("POST", "/calls/latest/hear", {"text": "Yes", "within_s": 1})
    assert status == 409
    assert answer["error"].startswith("The caller did not hear 'Yes' within 1.0 s")
    await bridge.call((await ask("GET", "/calls/latest"))["id"]).hang_up(is_for_everyone=True)
    over = await ask("POST", "/calls/latest/wait", {"until": "over"})
    assert over["end"]["by"] == "bridge"
    status, answer = await tries("POST", "/calls/latest/say", {"text": QUESTION})
    assert status == 409
    assert answer["error"].startswith("The call ended at ")
    for path, body in (("media", {"does": "reopens"}), ("frames", {})):
        status, answer = await tries("POST", f"/calls/latest/{path}", body)
        assert status == 409
        assert answer["error"].startswith("The call is over: Call was ended by Azure")
