"""Voice Live's events as the call understands them, from recorded traffic."""

from typing import Any

import pytest

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    AgentSaid,
    CallerSaid,
    ItemKept,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    Tokens,
    ToolCalled,
    VoiceEvent,
    VoiceProblem,
    WordSounds,
)
from bridge.voicelive.events import translate

AT = {"response_id": "resp_1", "item_id": "msg_1", "output_index": 0, "content_index": 0}


def done(status: str, details: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "status": status, "status_details": details, "output": []}
    return {"type": "response.done", "response": response}


def used(usage: Any) -> dict[str, Any]:
    event = done("completed", None)
    event["response"]["usage"] = usage
    return event


@pytest.mark.parametrize(
    ("event", "meaning"),
    [
        (
            {"type": "input_audio_buffer.speech_started", "audio_start_ms": 1568, "item_id": "i"},
            SpeechStarted(),
        ),
        (
            {
                "type": "conversation.item.input_audio_transcription.completed",
                "item_id": "i",
                "content_index": 0,
                "transcript": "Hello, my name is Marcelo.",
                "language": "en-US",
            },
            CallerSaid("Hello, my name is Marcelo."),
        ),
        ({"type": "response.created", "response": {"id": "resp_1"}}, ResponseStarted("resp_1")),
        (
            {"type": "response.created", "response": {"id": "resp_1", "metadata": ["x"]}},
            ResponseStarted("resp_1"),
        ),
        (done("failed", "for a reason"), ResponseEnded("resp_1", "failed")),
        ({"type": "error"}, VoiceProblem("unknown", "", None)),
        ({"type": "error", "error": {"event_id": ["a"]}}, VoiceProblem("unknown", "", None)),
        (
            {**AT, "type": "response.audio.delta", "delta": "AAEC/w=="},
            AgentAudio("resp_1", "msg_1", b"\x00\x01\x02\xff"),
        ),
        ({**AT, "type": "response.audio.done"}, AgentAudioDone("resp_1", "msg_1")),
        (
            {**AT, "type": "response.audio_transcript.delta", "delta": " order left"},
            AgentSaid("resp_1", "msg_1", " order left"),
        ),
        (
            {
                **AT,
                "type": "response.audio_timestamp.delta",
                "audio_offset_ms": 50,
                "audio_duration_ms": 287,
                "text": "order",
                "timestamp_type": "word",
            },
            WordSounds("msg_1", 50, "order"),
        ),
        ({**AT, "type": "response.audio_timestamp.done"}, None),
        ({**AT, "type": "response.audio_transcript.done", "transcript": "Your order left."}, None),
        (
            {"type": "conversation.item.created", "item": {"id": "msg_1", "type": "message"}},
            ItemKept("msg_1"),
        ),
        (
            {
                **AT,
                "type": "response.function_call_arguments.done",
                "call_id": "call_1",
                "name": "get_weather",
                "arguments": '{"city": "London"}',
            },
            ToolCalled("resp_1", "call_1", "get_weather", '{"city": "London"}'),
        ),
        (done("completed", None), ResponseEnded("resp_1", "completed")),
        (
            used(
                {
                    "total_tokens": 111,
                    "input_token_details": {
                        "cached_tokens": 4,
                        "text_tokens": 17,
                        "audio_tokens": 29,
                    },
                    "output_token_details": {"text_tokens": 8, "audio_tokens": 57},
                }
            ),
            ResponseEnded("resp_1", "completed", tokens=Tokens(17, 29, 4, 8, 57)),
        ),
        (
            used({"input_token_details": {"text_tokens": -1, "audio_tokens": True}}),
            ResponseEnded("resp_1", "completed"),
        ),
        (used([7]), ResponseEnded("resp_1", "completed")),
        (
            done("cancelled", {"type": "cancelled", "reason": "turn_detected"}),
            ResponseEnded("resp_1", "cancelled", "turn_detected"),
        ),
        (
            done("failed", {"type": "failed", "error": {"code": "agent_missing"}}),
            ResponseEnded("resp_1", "failed", "agent_missing"),
        ),
        (
            {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}},
            VoiceProblem("invalid_request_error", "no", None),
        ),
        (
            {"type": "error", "error": {"code": "c", "message": "no", "event_id": "interlude_3"}},
            VoiceProblem("c", "no", "interlude_3"),
        ),
        ({"type": "conversation.item.done"}, None),
        ({"type": "rate_limits.updated"}, None),
    ],
)
def test_an_event_is_understood(event: dict[str, Any], meaning: VoiceEvent | None) -> None:
    assert translate(event) == meaning


@pytest.mark.parametrize(
    "event",
    [
        {**AT, "type": "response.audio.delta", "delta": "%%%"},
        {"type": "response.done", "response": None},
        {"type": "response.created"},
        {"type": ["response.created"]},
        {"type": "response.created", "response": {"id": ["resp_1"]}},
        {"type": "response.done", "response": {"id": "resp_1", "status": 7}},
        {**AT, "type": "response.audio_transcript.delta", "delta": 7},
        {**AT, "type": "response.audio.delta", "delta": "AAEC/w==", "item_id": {}},
        {
            **AT,
            "type": "response.audio_timestamp.delta",
            "audio_offset_ms": True,
            "text": "order",
        },
        {"type": "response.audio_transcript.delta", "delta": "Hello"},
        {"type": "response.audio_timestamp.delta", "item_id": "msg_1", "text": "order"},
    ],
)
def test_a_known_event_in_an_unknown_shape_is_an_error(event: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        translate(event)
