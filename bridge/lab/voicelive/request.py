"""What a response is asked to be."""

import re
from dataclasses import dataclass
from typing import Any

from bridge.lab.voicelive.config import Configuration
from bridge.lab.voicelive.wire import Json, Refusal

_MOST_TOKENS = 4096


@dataclass(frozen=True)
class Request:
    """A `response.create`, or the wish of turn detection for one."""

    settings: Json
    metadata: Json | None = None
    verbatim: str | None = None
    """What to say, where the client has written it already."""
    sound: bytes | None = None
    """PCM16 of it, at the output rate; rendered where there is none."""
    commit: bool = True
    """Whether it is to become part of the conversation, as the client wants it."""
    told: bool = False
    """Whether it says what its instructions tell, and answers nothing."""

    @classmethod
    def parse(cls, event: Json, configuration: Configuration) -> "Request":
        """From the client event; refused where its overrides are."""
        overrides = event.get("response") or {}
        _check(overrides)
        settings = configuration.for_response(overrides)
        if more := event.get("additional_instructions"):
            settings["instructions"] = f"{settings['instructions']}\n{more}"
        message = overrides.get("pre_generated_assistant_message")
        verbatim = _verbatim(message) if message else None
        commit = overrides.get("commit") is not False
        instructed = bool(overrides.get("instructions")) and settings["tool_choice"] == "none"
        told = instructed and not commit
        return cls(settings, overrides.get("metadata"), verbatim, commit=commit, told=told)


def language(settings: Json) -> str:
    """BCP-47 tag of a response: from the voice, else from the transcription."""
    voice = settings["voice"]
    tag = voice.get("locale") or voice.get("name", "")
    if re.match(r"[a-z]{2}-[A-Z]{2}\b", tag):
        return str(tag)
    return str((settings["input_audio_transcription"] or {}).get("language") or "en-US")


def _check(overrides: Json) -> None:
    """Refuse values of the wrong type.

    `cancel_previous` does nothing: whatever it says, a second response was refused in the field.
    """
    valid = {"commit": _is_flag, "cancel_previous": _is_flag, "max_output_tokens": _is_limit}
    for key, is_valid in valid.items():
        value = overrides.get(key)
        if value is not None and not is_valid(value):
            where = f"response.{key}"
            raise Refusal(
                "invalid_request_error", f"Invalid value for '{where}': {value!r}.", where
            )


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_limit(value: Any) -> bool:
    return value == "inf" or (type(value) is int and 1 <= value <= _MOST_TOKENS)


def _verbatim(message: Json) -> str:
    content = message.get("content") or []
    for part in content:
        if part.get("type") != "text":
            where = "response.pre_generated_assistant_message.content"
            raise Refusal("invalid_request_error", f"Invalid content type in '{where}'.", where)
    return " ".join(part["text"] for part in content)
