"""What a response is asked to be."""

import re
from dataclasses import dataclass

from bridge.lab.voicelive.config import Configuration
from bridge.lab.voicelive.wire import Json, Refusal


@dataclass(frozen=True)
class Request:
    """A `response.create`, or the wish of turn detection for one."""

    settings: Json
    metadata: Json | None = None
    verbatim: str | None = None
    """What to say, where the client has written it already."""
    sound: bytes | None = None
    """PCM16 of it, at the output rate; rendered where there is none."""

    @classmethod
    def parse(cls, event: Json, configuration: Configuration) -> "Request":
        """From the client event; refused where its overrides are."""
        overrides = event.get("response") or {}
        settings = configuration.for_response(overrides)
        if more := event.get("additional_instructions"):
            settings["instructions"] = f"{settings['instructions']}\n{more}"
        message = overrides.get("pre_generated_assistant_message")
        verbatim = _verbatim(message) if message else None
        return cls(settings, overrides.get("metadata"), verbatim)


def language(settings: Json) -> str:
    """BCP-47 tag of a response: from the voice, else from the transcription."""
    voice = settings["voice"]
    tag = voice.get("locale") or voice.get("name", "")
    if re.match(r"[a-z]{2}-[A-Z]{2}\b", tag):
        return str(tag)
    return str((settings["input_audio_transcription"] or {}).get("language") or "en-US")


def _verbatim(message: Json) -> str:
    content = message.get("content") or []
    for part in content:
        if part.get("type") != "text":
            where = "response.pre_generated_assistant_message.content"
            raise Refusal("invalid_request_error", f"Invalid content type in '{where}'.", where)
    return " ".join(part["text"] for part in content)
