import base64
import json
from datetime import datetime

import numpy as np
import pytest
from azure.communication.callautomation import AudioFormat

from bridge.audio.pcm import level_dbfs, silence

from .conftest import Bridge, Dial, Json, sound

FRAME = 960


def noise(seconds: float, seed: int = 1) -> bytes:
    samples = np.random.default_rng(seed).integers(-9000, 9000, int(24_000 * seconds))
    return samples.astype("<i2").tobytes()


def audio_frames(bridge: Bridge) -> list[Json]:
    return [frame["audioData"] for frame in bridge.frames if frame["kind"] == "AudioData"]


async def test_the_media_socket_says_whose_it_is(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.until(lambda: bool(bridge.frames))
    (upgrade,) = bridge.upgrades
    assert upgrade.headers["x-ms-call-connection-id"] == phone.connection_id
    assert upgrade.headers["x-ms-call-correlation-id"] == phone.correlation_id
    assert upgrade.query["token"] == "t"


@pytest.mark.parametrize(
    ("audio_format", "rate_hz", "length"),
    [(AudioFormat.PCM16_K_MONO, 16_000, 640), (AudioFormat.PCM24_K_MONO, 24_000, 960)],
)
async def test_metadata_comes_first_and_sound_in_frames_of_20_ms(
    dial: Dial, bridge: Bridge, audio_format: AudioFormat, rate_hz: int, length: int
) -> None:
    bridge.options = {"audio_format": audio_format}
    phone = await dial()
    await phone.waits(1.01)
    metadata = bridge.frames[0]["audioMetadata"]
    assert metadata.pop("subscriptionId")
    assert metadata == {
        "encoding": "PCM",
        "sampleRate": rate_hz,
        "channels": 1,
        "length": length,
    }
    assert phone.rate_hz == rate_hz
    assert phone.sent_frames == len(audio_frames(bridge)) == 50
    first, second = audio_frames(bridge)[:2]
    assert first.keys() == {"timestamp", "participantRawID", "data", "silent"}
    assert base64.b64decode(first["data"]) == bytes(length)
    assert first["silent"] is False
    apart = datetime.fromisoformat(second["timestamp"][:-1]) - datetime.fromisoformat(
        first["timestamp"][:-1]
    )
    assert apart.total_seconds() == pytest.approx(0.02, abs=0.0011)


async def test_two_minutes_lose_no_frame_either_way(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    spoken = noise(120)
    await phone.plays(spoken, phone.rate_hz)
    await phone.waits(0.11)
    assert phone.sent_frames == phone.received_frames == 6005
    assert bridge.audio()[: len(spoken)] == spoken
    assert phone.received[: len(spoken)] == spoken
    assert phone.line_ms == 120_100
    await phone.hangs_up()


async def test_both_sides_are_recorded_on_one_clock(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.waits(0.5)
    spoken = noise(1)
    await phone.plays(spoken, phone.rate_hz)
    await phone.waits(0.5)
    await phone.hangs_up()
    said_at = phone.caller.index(spoken[:FRAME])
    heard_at = phone.agent.index(spoken[:FRAME])
    assert phone.caller[said_at : said_at + len(spoken)] == spoken
    assert phone.agent[heard_at : heard_at + len(spoken)] == spoken
    assert (said_at, heard_at) == (25 * FRAME, 26 * FRAME)
    assert len(phone.caller) == len(phone.agent) == phone.line_ms * 48
    assert bridge.audio() == phone.caller


async def test_what_is_sent_ahead_is_played_in_order_and_in_real_time(
    dial: Dial, bridge: Bridge
) -> None:
    bridge.echo = False
    phone = await dial()
    first, second = noise(1, seed=1), noise(0.5, seed=2)
    await bridge.says(first)
    await bridge.says(second)
    await phone.waits(1.01)
    assert len(phone.received) == len(first + second)
    assert phone.agent == first
    await phone.waits(1)
    assert phone.agent == first + second + silence(500, 24_000)
    assert phone.received_frames == 3


async def test_stop_audio_discards_what_was_not_heard_to_the_frame(
    dial: Dial, bridge: Bridge
) -> None:
    bridge.echo = False
    phone = await dial()
    spoken = noise(1)
    await bridge.says(spoken)
    await phone.waits(0.405)
    await bridge.sockets[0].send_json({"Kind": "StopAudio", "AudioData": None, "StopAudio": {}})
    await phone.waits(0.2)
    after = noise(0.1, seed=3)
    await bridge.says(after)
    await phone.waits(0.2)
    heard = spoken[: 20 * FRAME] + silence(200, 24_000) + after
    assert phone.agent[: len(heard)] == heard
    assert phone.stops == [400]
    assert phone.flushed_ms == 600
    assert phone.received == spoken + after


@pytest.mark.parametrize(
    "frame",
    [
        {"Kind": "AudioData", "AudioData": {"Data": "DATA"}, "StopAudio": None},
        {"Kind": "AudioData", "AudioData": {"Data": "DATA"}},
        {"kind": "AudioData", "audioData": {"data": "DATA", "isSilent": False}, "stopAudio": {}},
        {"kind": "audioData", "audioData": {"data": "DATA", "timestamp": None}},
        {"Kind": "AudioData", "AudioData": {"data": "DATA"}, "StopAudio": None},
    ],
)
async def test_all_spellings_of_all_clients_are_understood(
    dial: Dial, bridge: Bridge, frame: Json
) -> None:
    bridge.echo = False
    phone = await dial()
    data = base64.b64encode(b"\1\0" * 480).decode()
    await bridge.sockets[0].send_str(json.dumps(frame).replace("DATA", data))
    await phone.waits(0.1)
    assert phone.received == b"\1\0" * 480
    assert not phone.stops
    assert not phone.complaints


async def test_a_frame_that_is_wrong_is_noted_and_the_call_goes_on(
    dial: Dial, bridge: Bridge
) -> None:
    bridge.echo = False
    phone = await dial()
    (socket,) = bridge.sockets
    await socket.send_str("{")
    await socket.send_str("[]")
    await socket.send_str('{"Kind":"AudioData","AudioData":{}}')
    await socket.send_json(sound("!"))
    await socket.send_json(sound(""))
    await bridge.says(bytes(961))
    await socket.send_bytes(bytes(960))
    await socket.send_str('{"kind":"connectivityCheck"}')
    await phone.waits(1)
    assert phone.complaints == [
        "not JSON",
        "no kind, or AudioData without data",
        "no kind, or AudioData without data",
        "data is not base64",
        "0 bytes are not whole frames of 20 ms",
        "961 bytes are not whole frames of 20 ms",
        "a binary frame",
    ]
    assert len(phone.received) == 960


async def test_a_quiet_line_need_not_be_digital_silence(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(noise_dbfs=-60, seed=3)
    await phone.waits(1)
    assert level_dbfs(bytes(phone.caller)) == pytest.approx(-60, abs=0.5)
    assert bridge.audio() == phone.caller


async def test_frames_without_speech_may_say_so(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(silent_flag=True)
    await phone.plays(noise(0.2), phone.rate_hz)
    await phone.waits(0.205)
    flags = [frame["silent"] for frame in audio_frames(bridge)]
    assert flags == [False] * 10 + [True] * 10


async def test_unknown_frames_and_keys_may_come_between(dial: Dial, bridge: Bridge) -> None:
    phone = await dial(extra_frames=True)
    await phone.waits(1.01)
    assert [frame["kind"] for frame in bridge.frames].count("LineQuality") == 2
    assert all("trace" in frame for frame in audio_frames(bridge))
