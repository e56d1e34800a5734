import base64

import pytest

from bridge.audio.pcm import duration_ms, silence
from bridge.lab.voicelive import Happening, ScriptBrain, Thought
from tests.lab.voicelive.line import AVA, Line, calling, keys
from tests.lab.voicelive.recorded_turns import (
    CASCADE_TURN,
    EVENT_KEYS,
    REALTIME_TURN,
    RESPONSE_KEYS,
    USAGE,
)

HELLO = "Hello, my name is Marcelo."
NICE = "Hello Marcelo! Nice to meet you."


def nice() -> ScriptBrain:
    return ScriptBrain([Thought(NICE)])


def steps(line: Line) -> list[str]:
    """Kinds of events, each run of deltas once, whatever they are mixed with."""
    return list(dict.fromkeys(line.kinds()))


async def test_a_spoken_turn_is_as_recorded_on_a_cascade() -> None:
    async with calling(brain=nice()) as line:
        await line.next()
        line.forget()
        await line.says(HELLO)
        done = (await line.until("response.done"))["response"]
        assert steps(line) == list(dict.fromkeys(CASCADE_TURN))
        assert keys(line.events) == EVENT_KEYS
        assert list(done) == RESPONSE_KEYS
        first_words = [e["type"] for e in line.events].index("response.audio_transcript.delta")
        assert first_words < [e["type"] for e in line.events].index("response.audio.delta")
        user, assistant = (e["item"] for e in line.all("conversation.item.created"))
        assert user["content"] == [{"type": "input_audio", "transcript": HELLO}]
        assert (assistant["status"], assistant["content"]) == ("incomplete", [])
        assert line.all("conversation.item.created")[1]["previous_item_id"] == user["id"]
        assert [len(i["id"]) for i in (user, assistant)] == [27, 26]
        assert assistant["id"].startswith("msg_")
        words = [e["delta"] for e in line.all("response.audio_transcript.delta")]
        assert words == ["Hello", " Marcelo!", " Nice", " to", " meet", " you."]
        assert done["output"] == [
            {**assistant, "status": "completed", "content": [{"type": "audio", "transcript": NICE}]}
        ]
        assert (done["conversation_id"], done["max_output_tokens"]) == ("", None)
        assert {part: list(done["usage"][part]) for part in USAGE} == USAGE
        assert line.session.heard == [HELLO]
        assert [i["id"] for i in line.session.items] == [user["id"], assistant["id"]]


async def test_a_spoken_turn_is_as_recorded_on_a_realtime_model() -> None:
    async with calling("gpt-realtime", brain=nice()) as line:
        await line.configure(
            input_audio_transcription={"model": "whisper-1"}, turn_detection={"type": "server_vad"}
        )
        line.forget()
        await line.says(HELLO)
        done = (await line.until("response.done"))["response"]
        kinds = line.kinds()
        assert kinds[: len(REALTIME_TURN)] == REALTIME_TURN
        side = "conversation.item.input_audio_transcription.completed"
        assert kinds.index("response.output_item.added") < kinds.index(side)
        assert kinds.index(side) < kinds.index("response.done")
        assert line.all(f"{side.rpartition('.')[0]}.delta")[0]["delta"] == HELLO
        assert "language" not in line.all(side)[0]
        user, assistant = (e["item"] for e in line.all("conversation.item.created"))
        assert user["content"] == [{"type": "input_audio", "transcript": None}]
        assert [i["id"][:5] for i in (user, assistant)] == ["item_"] * 2
        assert assistant["status"] == "in_progress"
        assert done["conversation_id"].startswith("conv_")
        assert (done["temperature"], done["max_output_tokens"]) == (None, "inf")
        assert "cache_write_tokens" not in done["usage"]["input_token_details"]


async def test_a_transcript_that_nobody_wants_is_not_sent() -> None:
    async with calling("gpt-realtime", brain=nice()) as line:
        await line.configure(turn_detection={"type": "server_vad"})
        await line.says(HELLO)
        await line.until("response.done")
        await line.quiet(2)
        assert not any("transcription" in kind for kind in line.kinds())
        assert line.session.heard == [HELLO]


async def test_answers_come_faster_than_they_play() -> None:
    async with calling(brain=nice()) as line:
        await line.says(HELLO)
        usage = (await line.until("response.done"))["response"]["usage"]
        deltas = [base64.b64decode(e["delta"]) for e in line.all("response.audio.delta")]
        pcm = b"".join(deltas)
        assert [duration_ms(delta, 24_000) for delta in deltas[:-1]] == [400] * (len(deltas) - 1)
        (told,) = line.session.spoken
        assert (told.text, told.kind, told.pcm) == (NICE, "answer", pcm)
        assert line.studio.transcribe(pcm, 24_000) == NICE
        sending_s = line.at("response.audio.done") - told.at_s
        assert sending_s == pytest.approx(0.05 * (len(deltas) - 1), abs=0.02)
        assert told.at_s - line.at("response.created") == pytest.approx(0.437, abs=0.02)
        assert usage["output_token_details"]["audio_tokens"] == round(len(pcm) / 48_000 * 20)


async def test_a_turn_may_be_taken_without_a_response() -> None:
    async with calling(brain=nice()) as line:
        await line.configure(turn_detection={"type": "server_vad", "create_response": False})
        await line.says(HELLO)
        await line.quiet(5)
        assert "response.created" not in line.kinds()
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[0].text == NICE


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-realtime"])
async def test_the_client_may_end_turns_itself(model: str) -> None:
    async with calling(model, brain=nice()) as line:
        await line.configure(turn_detection=None)
        assert (await line.refused("input_audio_buffer.commit"))["code"].endswith("commit_empty")
        await line.append(await line.voice("Can you help me?"))
        await line.send("input_audio_buffer.clear")
        await line.until("input_audio_buffer.cleared")
        await line.append(await line.voice(HELLO))
        await line.send("input_audio_buffer.commit")
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.heard == [HELLO]
        assert line.session.spoken[0].text == NICE


async def test_turns_cannot_be_committed_while_the_service_detects_them() -> None:
    async with calling() as line:
        await line.append(silence(100, 24_000))
        error = await line.refused("input_audio_buffer.commit")
        assert error["code"] == "input_audio_buffer_commit_empty"


async def test_a_turn_during_a_response_that_goes_on_gets_none() -> None:
    async with calling(brain=nice()) as line:
        await line.configure(turn_detection={"type": "server_vad", "interrupt_response": False})
        await line.greets("Welcome to the longest greeting of all shops in this town, dear caller.")
        await line.until("response.created")
        await line.says(HELLO)
        error = (await line.until("error"))["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert error["event_id"] is None
        assert (await line.until("response.done"))["response"]["status"] == "completed"


async def test_a_timeline_can_watch_a_session() -> None:
    async with calling(brain=nice()) as line:
        seen: list[Happening] = []
        line.service.watch(seen.append)
        await line.configure(voice=AVA)
        await line.says(HELLO)
        await line.until("response.done")
        assert [(happening.kind, happening.text) for happening in seen] == [
            ("speech_started", ""),
            ("speech_stopped", ""),
            ("caller_said", HELLO),
            ("agent_said", NICE),
        ]
        assert seen == sorted(seen, key=lambda happening: happening.at_s)
