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
    Tokens,
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
    return AgentAudio(_text(event, "response_id"), _text(event, "item_id"), pcm)


def _started(event: Json) -> ResponseStarted:
    response = within(event, "response")
    request = _said(within(response, "metadata"), REQUEST)
    return ResponseStarted(_text(response, "id"), request or None)


def _ended(event: Json) -> ResponseEnded:
    response = within(event, "response")
    return ResponseEnded(
        _text(response, "id"), _text(response, "status"), _why(response), _used(response)
    )


def _used(response: Json) -> Tokens:
    """What a response used, as far as it says so."""
    usage = within(response, "usage")
    taken, made = within(usage, "input_token_details"), within(usage, "output_token_details")
    return Tokens(
        text_in=_count(taken, "text_tokens"),
        audio_in=_count(taken, "audio_tokens"),
        cached_in=_count(taken, "cached_tokens"),
        text_out=_count(made, "text_tokens"),
        audio_out=_count(made, "audio_tokens"),
    )


def _why(response: Json) -> str:
    """Reason of a response that was not completed: `turn_detected`, `max_output_tokens`, a code."""
    details = within(response, "status_details")
    return _said(details, "reason") or _said(within(details, "error"), "code")


def problem_of(event: Json) -> VoiceProblem:
    """What an `error` event refuses, as far as it can be read."""
    error = within(event, "error")
    return VoiceProblem(
        code=_said(error, "code") or _said(error, "type") or "unknown",
        message=_said(error, "message"),
        about=_said(error, "event_id") or None,
    )


def within(event: Json, name: str) -> Json:
    """The JSON object in a field, empty where there is none."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _said(event: Json, name: str) -> str:
    """A text that need not be there."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _text(event: Json, name: str) -> str:
    if not isinstance(value := event[name], str):
        raise TypeError(f"{name}: {type(value).__name__} in place of a text")
    return value


def _count(event: Json, name: str) -> int:
    """A number that need not be there."""
    value = event.get(name)
    return value if type(value) is int and value > 0 else 0


def _ms(event: Json, name: str) -> int:
    if type(value := event[name]) is not int:  # a bool is an int, too
        raise TypeError(f"{name}: {type(value).__name__} in place of milliseconds")
    return value


_KNOWN: Mapping[str, Callable[[Json], VoiceEvent]] = {
    "response.audio.delta": _audio,
    "response.audio.done": lambda e: AgentAudioDone(_text(e, "response_id"), _text(e, "item_id")),
    "response.audio_transcript.delta": lambda e: AgentSaid(
        _text(e, "response_id"), _text(e, "item_id"), _text(e, "delta")
    ),
    "response.audio_timestamp.delta": lambda e: WordSounds(
        _text(e, "item_id"), _ms(e, "audio_offset_ms"), _text(e, "text")
    ),
    "input_audio_buffer.speech_started": lambda _: SpeechStarted(),
    "input_audio_buffer.speech_stopped": lambda _: SpeechStopped(),
    "conversation.item.input_audio_transcription.completed": lambda e: CallerSaid(
        _text(e, "transcript")
    ),
    # What was not written down is as good as noise: nobody knows what it said.
    "conversation.item.input_audio_transcription.failed": lambda _: CallerSaid(""),
    "conversation.item.created": lambda e: ItemKept(_text(within(e, "item"), "id")),
    "response.created": _started,
    "response.function_call_arguments.done": lambda e: ToolCalled(
        _text(e, "response_id"), _text(e, "call_id"), _text(e, "name"), _text(e, "arguments")
    ),
    "response.done": _ended,
    "error": problem_of,
}
