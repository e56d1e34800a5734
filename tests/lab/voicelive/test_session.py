import re
import time
from typing import Any

import pytest

from bridge.lab.voicelive import Switches
from tests.lab.voicelive.line import AVA, WEATHER, calling, keys
from tests.lab.voicelive.recorded_sessions import (
    CASCADE_ECHO,
    CASCADE_SESSION,
    CASCADE_UPDATE,
    REALTIME_ECHO,
    REALTIME_SESSION,
    REALTIME_UPDATE,
)

STATIC = {"type": "static_interim_response", "texts": ["One moment."], "triggers": ["tool"]}
OURS = ("id", "instructions", "expires_at")


def like(session: dict[str, Any], recorded: dict[str, Any]) -> bool:
    """Whether a session is the recorded one but for what is made up each time."""
    ours = {key: session[key] for key in OURS}
    return session == {**recorded, **ours}


@pytest.mark.parametrize(
    ("model", "recorded", "update", "echo"),
    [
        ("gpt-4.1", CASCADE_SESSION, CASCADE_UPDATE, CASCADE_ECHO),
        ("gpt-realtime", REALTIME_SESSION, REALTIME_UPDATE, REALTIME_ECHO),
    ],
)
async def test_a_session_is_echoed_as_recorded(
    model: str, recorded: dict[str, Any], update: dict[str, Any], echo: dict[str, Any]
) -> None:
    async with calling(model) as line:
        created = await line.next()
        assert keys([created]) == {"session.created": ["event_id", "type", "session"]}
        assert re.fullmatch(r"event_[0-9a-zA-Z]{22}", created["event_id"])
        assert like(created["session"], recorded)
        assert created["session"]["expires_at"] == pytest.approx(time.time() + 1800, abs=5)
        updated = await line.configure(**update)
        assert like(updated, echo)
        assert updated["instructions"] == update["instructions"]
        assert line.times_s[1] - line.times_s[0] == pytest.approx(0.07, abs=0.02)
        assert line.session.configured == updated
        assert line.session.received == [{"type": "session.update", "session": update}]


@pytest.mark.parametrize(
    ("model", "voice"),
    [
        ("gpt-realtime-2.1", {"type": "openai", "name": "marin"}),
        ("azure-realtime", {"type": "azure-realtime-native", "name": "ava"}),
    ],
)
async def test_a_realtime_model_has_a_voice_of_its_own(model: str, voice: dict[str, str]) -> None:
    async with calling(model) as line:
        assert (await line.next())["session"]["voice"] == voice


async def test_a_reasoning_model_thinks_as_little_as_it_can() -> None:
    async with calling("gpt-5-mini") as line:
        session = (await line.next())["session"]
        assert (session["temperature"], session["reasoning_effort"]) == (1.0, "minimal")


async def test_what_is_not_sent_stays_and_null_clears() -> None:
    async with calling() as line:
        await line.configure(interim_response=STATIC, tools=[WEATHER], reasoning_effort="low")
        echo = await line.configure(instructions="Be brief.", parallel_tool_calls=False)
        assert (echo["interim_response"], echo["tools"]) == (STATIC, [WEATHER])
        assert "parallel_tool_calls" not in echo
        echo = await line.configure(interim_response=None, tools=None, turn_detection=None)
        assert "interim_response" not in echo
        assert (echo["tools"], echo["turn_detection"]) == ([], None)
        assert echo["instructions"] == "Be brief."


async def test_an_agent_keeps_its_own_instructions_and_tools() -> None:
    async with calling(None, agent="anna") as line:
        before = (await line.next())["session"]
        echo = await line.configure(instructions="Obey.", tools=[WEATHER], interim_response=STATIC)
        assert (echo["instructions"], echo["tools"]) == (before["instructions"], [])
        assert echo["interim_response"] == STATIC


NEEDS_AZURE = "interim_response_requires_azure_voice"
INVALID = "invalid_request_error"
ANY_OF = {"type": "object", "properties": {"x": {"anyOf": [{"type": "string"}, {"minimum": 1}]}}}


@pytest.mark.parametrize(
    ("model", "refused", "code"),
    [
        ("gpt-realtime", {"interim_response": STATIC}, NEEDS_AZURE),
        (
            "gpt-realtime",
            {"interim_response": STATIC, "voice": {"type": "openai", "name": "marin"}},
            NEEDS_AZURE,
        ),
        ("azure-realtime", {"interim_response": STATIC}, NEEDS_AZURE),
        ("azure-realtime", {"tools": [WEATHER]}, INVALID),
        ("gpt-4.1", {"interim_response": {**STATIC, "type": "static-interim-response"}}, INVALID),
        ("gpt-4.1", {"interim_response": {"texts": ["One moment."]}}, INVALID),
        ("gpt-4.1", {"interim_response": {**STATIC, "latency_threshold_ms": -1}}, INVALID),
        ("gpt-4.1", {"interim_response": {**STATIC, "triggers": ["hunger"]}}, INVALID),
        (
            "gpt-4.1",
            {"interim_response": {"type": "llm_interim_response", "max_completion_tokens": 0}},
            INVALID,
        ),
        (
            "gpt-realtime",
            {
                "turn_detection": {
                    "type": "azure_semantic_vad",
                    "end_of_utterance_detection": {"model": "semantic_detection_v1"},
                }
            },
            INVALID,
        ),
        ("gpt-4.1", {"turn_detection": {"type": "telepathy"}}, INVALID),
        ("gpt-4.1", {"turn_detection": {"type": "semantic_vad"}}, INVALID),
        ("gpt-4.1", {"turn_detection": "server_vad"}, INVALID),
        ("gpt-4.1", {"tools": [{"type": "function", "function": WEATHER}]}, INVALID),
        ("gpt-4.1", {"voice": "alloy"}, INVALID),
        ("gpt-4.1", {"voice": {"type": "parrot", "name": "Polly"}}, INVALID),
        ("gpt-4.1", {"voice": {"type": "azure-standard"}}, INVALID),
        ("gpt-4.1", {"voice": {"type": "azure-custom", "name": "Mine"}}, INVALID),
        ("gpt-4.1", {"voice": {**AVA, "customLexiconUrl": "https://lexicon"}}, INVALID),
        ("gpt-4.1", {"voice": {**AVA, "rate": "3"}}, INVALID),
        ("gpt-4.1", {"voice": {**AVA, "rate": "fast"}}, INVALID),
        ("gpt-4.1", {"tools": [{**WEATHER, "parameters": ANY_OF}]}, INVALID),
        ("gpt-4.1", {"input_audio_sampling_rate": 44100}, INVALID),
        ("gpt-4.1", {"output_audio_format": "mp3"}, INVALID),
        ("gpt-4.1", {"audio": {"input": {}}}, INVALID),
    ],
)
async def test_an_update_with_one_fault_changes_nothing(
    model: str, refused: dict[str, Any], code: str
) -> None:
    async with calling(model) as line:
        before = (await line.next())["session"]
        error = await line.refused(
            "session.update", session={"instructions": "Be brief.", **refused}
        )
        assert error["code"] == code
        assert error["type"] == INVALID
        assert list(error) == ["type", "code", "message", "param", "event_id"]
        await line.quiet(5)
        assert line.kinds() == ["session.created", "error"]
        assert line.session.configured == before


async def test_a_realtime_model_with_an_azure_voice_takes_an_interim_response() -> None:
    async with calling("gpt-realtime") as line:
        eou = {"model": "smart_end_of_turn_detection"}
        echo = await line.configure(
            voice={**AVA, "rate": "1.2"},
            interim_response=STATIC,
            turn_detection={"type": "azure_semantic_vad", "end_of_utterance_detection": eou},
        )
        assert echo["interim_response"] == STATIC
        error = await line.refused("session.update", session={"voice": None})
        assert error["code"] == NEEDS_AZURE


@pytest.mark.parametrize("frame", ["session.update", {"session": {}}, ["session.update"]])
async def test_a_frame_that_is_no_event_is_refused(frame: Any) -> None:
    async with calling() as line:
        await line.connection.send(frame)
        error = (await line.until("error"))["error"]
        assert (error["code"], error["param"]) == ("invalid_session_update_message", "type")


async def test_an_event_encoded_twice_is_refused() -> None:
    async with calling() as line:
        await line.connection.send('{"type": "session.update"}')  # type: ignore[arg-type]
        error = (await line.until("error"))["error"]
        assert error["code"] == "invalid_session_update_message"
        await line.configure()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "session.dance"}, "invalid_value"),
        ({"type": "session.update"}, "missing_required_parameter"),
        ({"type": "session.update", "session": "all"}, "invalid_type"),
        ({"type": "output_audio_buffer.clear"}, "avatar_not_configured"),
    ],
)
async def test_a_wrong_event_is_an_error_and_the_socket_stays_open(
    event: dict[str, Any], code: str
) -> None:
    async with calling() as line:
        fields = {key: value for key, value in event.items() if key != "type"}
        assert (await line.refused(event["type"], **fields))["code"] == code
        await line.configure()


async def test_the_voice_cannot_change_once_it_was_heard() -> None:
    async with calling() as line:
        await line.greets("Hello.")
        await line.until("response.done")
        other = {"type": "azure-standard", "name": "en-US-GuyNeural"}
        error = await line.refused("session.update", session={"voice": other})
        assert error["code"] == "cannot_update_voice"
        await line.configure(voice=AVA)


async def test_the_input_format_cannot_change_once_audio_was_sent() -> None:
    async with calling() as line:
        await line.append(bytes(480))
        change = {"input_audio_sampling_rate": 16000}
        assert (await line.refused("session.update", session=change))["code"] == INVALID


async def test_every_update_can_be_refused() -> None:
    async with calling(switches=Switches(error_instead_of_updated=True)) as line:
        assert (await line.refused("session.update", session={}))["type"] == "server_error"


async def test_a_session_tells_when_it_ends_by_the_clock_on_the_wall() -> None:
    async with calling(switches=Switches(session_s=90)) as line:
        created = (await line.next())["session"]["expires_at"]
        assert created == pytest.approx(time.time() + 90, abs=5)
        assert (await line.configure())["expires_at"] == created


async def test_the_service_can_keep_silent_after_the_upgrade() -> None:
    async with calling(switches=Switches(no_session_created=True)) as line:
        await line.quiet(5)
        assert not line.events
        await line.configure()


async def test_interim_responses_can_be_refused_with_every_voice() -> None:
    async with calling(switches=Switches(refuse_interim=True)) as line:
        error = await line.refused("session.update", session={"interim_response": STATIC})
        assert error["code"] == NEEDS_AZURE


async def test_an_interim_response_can_be_dropped_without_a_word() -> None:
    async with calling(switches=Switches(interim_echo=False)) as line:
        assert "interim_response" not in await line.configure(interim_response=STATIC)
