"""Whatever Voice Live says is read as the types declare, or passed over."""

from typing import Any

import orjson
from hypothesis import given

from bridge.voicelive.events import problem_of, translate
from tests.fuzz.declared import check_types
from tests.fuzz.spoiling import bodies

AT = {"response_id": "resp_1", "item_id": "msg_1"}
ERROR = {"type": "invalid_request_error", "code": "c", "message": "no", "event_id": "interlude_3"}
FAILED = {"id": "r", "status": "failed", "status_details": {"reason": "", "error": {"code": "c"}}}
NAMED = {"id": "r", "metadata": {"interlude_request": "interlude_1"}}
SEEDS: list[dict[str, Any]] = [
    {"type": "response.audio.delta", **AT, "delta": "AAEC/w=="},
    {"type": "response.audio.done", **AT},
    {"type": "response.audio_transcript.delta", **AT, "delta": " order left"},
    {"type": "response.audio_timestamp.delta", **AT, "audio_offset_ms": 50, "text": "order"},
    {"type": "input_audio_buffer.speech_started", "audio_start_ms": 1568},
    {"type": "conversation.item.input_audio_transcription.completed", "transcript": "Hello."},
    {"type": "conversation.item.input_audio_transcription.failed", "error": {}},
    {"type": "conversation.item.created", "item": {"id": "msg_1"}},
    {"type": "response.created", "response": NAMED},
    {"type": "response.function_call_arguments.done", **AT, "call_id": "c", "name": "n"}
    | {"arguments": '{"city": "London"}'},
    {"type": "response.done", "response": FAILED},
    {"type": "error", "error": ERROR},
]


@given(bodies(*SEEDS))
def test_an_event_is_understood_or_passed_over(message: bytes) -> None:
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError:
        return  # as the leg has it
    if not isinstance(event, dict) or "type" not in event:
        return
    check_types(problem_of(event))
    try:
        understood = translate(event)
    except (KeyError, TypeError, ValueError):
        return  # logged by the leg, which goes on
    if understood:
        check_types(understood)
