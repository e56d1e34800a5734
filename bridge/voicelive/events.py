"""Voice Live's server events, translated into what the call understands."""

from collections.abc import Callable, Mapping
from typing import Any

import pybase64

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    AgentSaid,
    CallerSaid,
    ItemKept,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    ToolCalled,
    VoiceEvent,
    VoiceProblem,
    WordSounds,
)

Json = Mapping[str, Any]

REQUEST = "interlude_request"
"""Key of the metadata by which a response names our request; the service echoes it."""


def translate(event: Json) -> VoiceEvent | None:
    """One event of the call's vocabulary, or None for all that a call need not know.

    Audio is still in the session's coding.

    Raises:
        KeyError, TypeError, ValueError: an event we know, in a shape we do not.
    """
    translator = _KNOWN.get(event["type"])
    return translator(event) if translator else None


def _audio(event: Json) -> AgentAudio:
    pcm = pybase64.b64decode(event["delta"], validate=True)
    return AgentAudio(event["response_id"], event["item_id"], pcm)


def _ended(event: Json) -> ResponseEnded:
    response = event["response"]
    return ResponseEnded(response["id"], response["status"], _why(response.get("status_details")))


def _why(details: Json | None) -> str:
    """Reason of a response that was not completed: `turn_detected`, `max_output_tokens`, a code."""
    if not details:
        return ""
    error = details.get("error") or {}
    return str(details.get("reason") or error.get("code") or "")


def problem_of(event: Json) -> VoiceProblem:
    """What an `error` event refuses."""
    error = event["error"]
    return VoiceProblem(
        code=str(error.get("code") or error.get("type") or "unknown"),
        message=str(error.get("message") or ""),
        about=error.get("event_id"),
    )


_KNOWN: Mapping[str, Callable[[Json], VoiceEvent]] = {
    "response.audio.delta": _audio,
    "response.audio.done": lambda e: AgentAudioDone(e["response_id"], e["item_id"]),
    "response.audio_transcript.delta": lambda e: AgentSaid(
        e["response_id"], e["item_id"], e["delta"]
    ),
    "response.audio_timestamp.delta": lambda e: WordSounds(
        e["item_id"], e["audio_offset_ms"], e["text"]
    ),
    "input_audio_buffer.speech_started": lambda _: SpeechStarted(),
    "input_audio_buffer.speech_stopped": lambda _: SpeechStopped(),
    "conversation.item.input_audio_transcription.completed": lambda e: CallerSaid(e["transcript"]),
    # What was not written down is as good as noise: nobody knows what it said.
    "conversation.item.input_audio_transcription.failed": lambda _: CallerSaid(""),
    "conversation.item.created": lambda e: ItemKept(e["item"]["id"]),
    "response.created": lambda e: ResponseStarted(
        e["response"]["id"], (e["response"].get("metadata") or {}).get(REQUEST)
    ),
    "response.function_call_arguments.done": lambda e: ToolCalled(
        e["response_id"], e["call_id"], e["name"], e["arguments"]
    ),
    "response.done": _ended,
    "error": problem_of,
}
