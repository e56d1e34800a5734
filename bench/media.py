"""The caller's end of a call, as Azure Communication Services streams it."""

import asyncio
import base64
from collections.abc import Mapping
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from bench.lateness import Lateness
from bench.sound import FRAME_S, LEVELS, Format, marked, marks
from bench.tally import Tally
from bench.wire import Wire, packed, upgrade


class Answered(NamedTuple):
    """Where the media of a call goes, and what else is known if ACS was asked to answer it."""

    media_url: str
    connection_id: str = ""
    callback_url: str = ""
    rate_hz: int = 0
    """Of the media; 0 where it is the scenario's."""
    proof: Mapping[str, str] = MappingProxyType({})
    """The header by which ACS proves itself on the media socket."""


class Media(Wire):
    """A caller who speaks from the first frame to the last, as ACS streams it."""

    def __init__(self, answered: Answered, rate_hz: int, lateness: Lateness) -> None:
        url = urlsplit(answered.media_url)
        connection_id = answered.connection_id or str(uuid4())
        headers = {"x-ms-call-connection-id": connection_id, **answered.proof}
        super().__init__(upgrade(url.netloc, url.path, headers))
        self.answered = answered
        self.tally = Tally()
        self.format = Format(answered.rate_hz or rate_hz)
        self._lateness = lateness
        self._frames = [_audio_frame(number, self.format) for number in range(LEVELS)]

    def speak(self) -> None:
        """Send metadata, then a frame every 20 ms until the connection ends."""
        metadata = {"encoding": "PCM", "sampleRate": self.format.rate_hz, "channels": 1}
        self.write(_kind("AudioMetadata", audioMetadata=metadata))
        self._say(asyncio.get_running_loop().time(), perf_counter(), 0)

    def _say(self, first_at: float, first_s: float, number: int) -> None:
        if self.is_lost:
            return
        self._lateness.note(perf_counter() - first_s - number * FRAME_S)
        self.tally.sends_up(number)
        self.write(self._frames[number % LEVELS])
        following = number + 1
        at = first_at + following * FRAME_S
        asyncio.get_running_loop().call_at(at, self._say, first_at, first_s, following)

    def on_text(self, text: bytes) -> None:
        """Hear the agent."""
        if b'"Data"' in text:
            self.tally.hears_down(marks(text, b'"Data"', self.format))


def _audio_frame(number: int, of: Format) -> bytes:
    audio = {
        "timestamp": "2026-11-15T19:16:12.925Z",
        "participantRawID": None,
        "data": base64.b64encode(marked(number, of)).decode(),
        "silent": False,
    }
    return _kind("AudioData", audioData=audio)


def _kind(kind: str, **content: object) -> bytes:
    return packed(orjson.dumps({"kind": kind, **content}), masked=True)
