"""Frames of the media socket. ACS writes lower camel case and reads Pascal case."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pybase64

STOP_AUDIO = '{"Kind":"StopAudio","AudioData":null,"StopAudio":{}}'
"""Drops what ACS has queued and not played (Microsoft's audio-streaming quickstart)."""

_HEARD, _DATA = '{"kind":"AudioData","audioData":{', ',"data":"'
"""How ACS begins a frame of the caller, and the sound in it. Within a string quotes are escaped, so
that what follows a comma and a quote is a key."""

_AUDIO_START, _AUDIO_END = '{"Kind":"AudioData","AudioData":{"Data":"', '"},"StopAudio":null}'


@dataclass(frozen=True)
class Tone:
    """A key that was pressed; it may belong to a PIN."""

    spelled: str = field(repr=False)
    participant: str = field(repr=False)
    """Raw identifier of whoever pressed it; empty where ACS does not say. Only the SDK for .NET has
    it."""


class BadFrame(ValueError):
    """A frame that cannot be read; the message says why, without its content."""


def audio_frame(pcm: bytes) -> str:
    """PCM16 for the caller, as ACS takes it: at most 64 KB, best 20 ms at a time."""
    return f"{_AUDIO_START}{pybase64.b64encode_as_string(pcm)}{_AUDIO_END}"


def parse_frame(text: str) -> bytes | None:
    """The caller's PCM16 in an `AudioData` frame; None for every other kind.

    Frames marked `silent` are audio too: the agent's ear measures pauses from the stream.

    Raises:
        BadFrame: no JSON object, or audio that is not base64 of whole samples.
    """
    try:
        data = _found(text)
        if data is None:
            frame: Any = orjson.loads(text)
            if frame["kind"] != "AudioData":
                return None
            data = frame["audioData"]["data"]
        pcm = pybase64.b64decode(data, validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise BadFrame(type(error).__name__) from None  # as it holds the frame
    if len(pcm) % 2:
        raise BadFrame("half a sample")
    return pcm


def _found(text: str) -> str | None:
    """The sound of a frame as ACS writes them; None where only parsing can tell.

    Parsing would look at every character of it, 50 times a second.
    """
    if text[: len(_HEARD)] != _HEARD:
        return None
    _, _, rest = text.partition(_DATA)
    data, _, _ = rest.partition('"')
    return data if data and "\\" not in data else None


def parse_tone(text: str) -> Tone | None:
    """The tone in a `DtmfData` frame, spelled as ACS does; None for every other kind.

    Raises:
        BadFrame: no JSON object, or a `DtmfData` without a tone.
    """
    try:
        frame: Any = orjson.loads(text)
        if frame["kind"] != "DtmfData":
            return None
        match frame["dtmfData"]:
            case {"data": str(spelled), "participantRawID": str(whose)}:
                return Tone(spelled, whose)
            case {"data": str(spelled), **more} if more.get("participantRawID") is None:
                return Tone(spelled, "")
    except (ValueError, KeyError, TypeError) as error:
        raise BadFrame(type(error).__name__) from None  # as it holds the frame
    raise BadFrame("no tone")
