import audioop
import base64

import numpy as np
import pytest

from bridge.audio.pcm import duration_ms, silence
from bridge.lab.voicelive import ScriptBrain, Thought
from tests.lab.voicelive.line import calling

HELLO = "Hello, my name is Marcelo."
NICE = "Hello Marcelo! Nice to meet you."


def nice() -> ScriptBrain:
    return ScriptBrain([Thought(NICE)])


async def test_audio_is_counted_by_bytes_and_comes_faster_than_it_plays() -> None:
    async with calling(brain=nice()) as line:
        await line.next()
        sent = await line.voice(HELLO)
        await line.append(sent)
        await line.until("response.done")
        start = line.all("input_audio_buffer.speech_started")[0]["audio_start_ms"]
        end = line.all("input_audio_buffer.speech_stopped")[0]["audio_end_ms"]
        assert start == pytest.approx(500 - 400, abs=60)
        assert end == pytest.approx(duration_ms(sent, 24_000) - 1000 + 500, abs=150)
        assert bytes(line.session.audio_received) == sent
        tokens = line.events[-1]["response"]["usage"]["input_token_details"]["audio_tokens"]
        assert tokens == pytest.approx((end - start) / 100, abs=1)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000])
async def test_speech_is_understood_at_every_rate(rate_hz: int) -> None:
    async with calling() as line:
        await line.configure(input_audio_sampling_rate=rate_hz)
        await line.append(await line.voice(HELLO, rate_hz))
        await line.until("response.done")
        assert line.session.heard == [HELLO]


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
async def test_a_telephone_may_speak_g711_both_ways(law: str) -> None:
    async with calling(brain=nice()) as line:
        await line.configure(input_audio_format=f"g711_{law}", output_audio_format=f"g711_{law}")
        encode = {"ulaw": audioop.lin2ulaw, "alaw": audioop.lin2alaw}[law]
        await line.append(encode(await line.voice(HELLO, 8_000), 2))
        await line.until("response.done")
        assert line.session.heard == [HELLO]
        sent = b"".join(base64.b64decode(e["delta"]) for e in line.all("response.audio.delta"))
        assert len(line.session.spoken[0].pcm) == 2 * len(sent)
        assert line.studio.transcribe(line.session.spoken[0].pcm, 8_000) == NICE


@pytest.mark.parametrize(("name", "rate_hz"), [("pcm16_8000hz", 8_000), ("pcm16_16000hz", 16_000)])
async def test_answers_come_at_the_rate_that_was_asked_for(name: str, rate_hz: int) -> None:
    async with calling(brain=nice()) as line:
        await line.configure(output_audio_format=name)
        await line.says(HELLO)
        await line.until("response.done")
        assert line.studio.transcribe(line.session.spoken[0].pcm, rate_hz) == NICE


@pytest.mark.parametrize("audio", ["?", base64.b64encode(b"odd").decode()])
async def test_audio_that_is_no_audio_is_refused(audio: str) -> None:
    async with calling() as line:
        error = await line.refused("input_audio_buffer.append", audio=audio)
        assert error["code"] == "invalid_value"
        assert not line.session.audio_received


async def noise(ms: int) -> bytes:
    """Somebody mumbles: the detector takes it for speech, the ears find no words."""
    shape = np.repeat(np.abs(np.sin(np.arange(ms / 20) / 3)), 480)
    hum = sum(np.sin(2 * np.pi * 140 * k * np.arange(len(shape)) / 24_000) / k for k in range(1, 9))
    return bytes((hum * shape * 6000).astype("<i2").tobytes()) + silence(1000, 24_000)


async def test_nothing_follows_on_a_cascade_where_nothing_was_understood() -> None:
    async with calling() as line:
        await line.append(await noise(1500))
        name = "conversation.item.input_audio_transcription.completed"
        assert (await line.until(name))["transcript"] == ""
        await line.quiet(5)
        assert line.kinds()[-1] == name
        assert line.session.heard == [""]
        assert not line.session.items


async def test_a_realtime_model_answers_a_mumble() -> None:
    async with calling("gpt-realtime") as line:
        await line.append(await noise(1500))
        await line.until("response.done")


async def test_silence_is_no_turn() -> None:
    async with calling() as line:
        await line.append(silence(20_000, 24_000))
        await line.quiet(1)
        assert line.kinds() == ["session.created"]


async def test_a_pause_within_a_sentence_ends_the_turn_as_configured() -> None:
    for silence_ms, turns in [(300, 2), (900, 1)]:
        async with calling() as line:
            detection = {"type": "server_vad", "silence_duration_ms": silence_ms}
            await line.configure(turn_detection={**detection, "create_response": False})
            first = await line.voice(HELLO, pause_ms=0)
            await line.append(first + await line.voice("Can you help me?", pause_ms=1500))
            await line.quiet(5)
            assert len(line.session.heard) == turns
            assert " ".join(line.session.heard) == f"{HELLO} Can you help me?"


async def test_an_update_in_the_middle_of_a_turn_does_not_lose_it() -> None:
    async with calling() as line:
        turn = await line.voice(HELLO)
        await line.append(turn[:48_000])
        await line.configure(instructions="Be brief.")
        await line.append(turn[48_000:])
        await line.until("response.done")
        assert line.session.heard == [HELLO]
