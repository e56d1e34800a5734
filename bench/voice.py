"""A light Voice Live: an agent that speaks nearly always, and a caller's ear that never tires."""

import asyncio
from collections.abc import Mapping
from itertools import count
from random import Random
from time import perf_counter
from typing import Any

import orjson

from bench.responses import VOICE, Event, Response
from bench.sound import Format, marks
from bench.tally import Tally
from bench.wire import Wire, packed

PERIOD_S = 2.8
"""From one response to the next: 0.3 s in which the queue runs dry, so that each has a start."""

_SESSION = {
    "id": "sess_5SeD1cVNdlWKz8nksluPrz",
    "model": "gpt-4.1-mini",
    "object": "realtime.session",
    "modalities": ["audio", "text"],
    "voice": VOICE,
    "input_audio_format": "pcm16",
    "input_audio_sampling_rate": 24_000,
    "output_audio_format": "pcm16",
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500},
    "temperature": 0.8,
}


class Voice(Wire):
    """One session, as a server; in the formats that its `session.update` asks for."""

    def __init__(self, sessions: asyncio.Queue["Voice"]) -> None:
        super().__init__()
        self._sessions = sessions
        self._hears, self._speaks = _formats(_SESSION)
        self._tally = Tally()
        self._events = count(1)
        self._responses = count(1)
        self._random = Random()  # noqa: S311 - lengths of pieces, moments
        self.open.add_done_callback(lambda _: self._say("session.created", session=_SESSION))

    def on_text(self, text: bytes) -> None:
        """Hear the caller, or take in what the client wants; `session.update` counts as ready."""
        if b"input_audio_buffer.append" in text:
            self._tally.hears_up(marks(text, b'"audio"', self._hears))
            return
        event = orjson.loads(text)
        if event["type"] == "session.update":
            self._set_up(_SESSION | event["session"])
        else:
            self._on_request(event)

    def _set_up(self, session: Mapping[str, Any]) -> None:
        if session["turn_detection"] is None:
            # Prompts would be rendered, which is no call: no caller waits for this session.
            error = {"type": "invalid_request_error", "code": "only_calls", "message": "Only calls"}
            self._say("error", error=error)
            return
        self._hears, self._speaks = _formats(session)
        self._say("session.updated", session=session)
        self._sessions.put_nowait(self)

    def _on_request(self, event: Event) -> None:
        """Take in all else; for subclasses."""

    def talk(self, tally: Tally, number: int, after_s: float) -> None:
        """Begin the first of many responses after some seconds; figures go to `tally`.

        `number` seeds the lengths of pieces.
        """
        self._tally = tally
        self._random.seed(number)
        asyncio.get_running_loop().call_later(after_s, self._respond, perf_counter() + after_s)

    def _respond(self, due_at: float) -> None:
        """Say one response, and plan the next."""
        if self.is_lost:
            return
        self._perform(Response(next(self._responses)))
        next_at = due_at + PERIOD_S
        loop = asyncio.get_running_loop()
        loop.call_later(next_at - perf_counter(), self._respond, next_at)

    def _perform(self, response: Response, think_s: float = 0.0) -> list[asyncio.TimerHandle]:
        """Send each event of a response at its time."""
        loop, began_at = asyncio.get_running_loop(), perf_counter()
        return [
            loop.call_later(max(0.0, at_s - (perf_counter() - began_at)), self._tell, event)
            for at_s, event in response.events(self._random, self._speaks, think_s)
        ]

    def _tell(self, event: Event) -> None:
        if event.pop("first", False):
            self._tally.began_at = perf_counter()
        self._say(**event)

    def _say(self, type: str, **fields: Any) -> None:  # noqa: A002 - Microsoft's name
        event = {"event_id": f"event_5uLdTQIc7mth4zyn{next(self._events):06}", "type": type}
        self.write(packed(orjson.dumps(event | fields), masked=False))


def _formats(session: Mapping[str, Any]) -> tuple[Format, Format]:
    """What a session takes and sends. `pcm16` is 24 kHz on its way out."""
    rates_hz = {"pcm16": 24_000, "pcm16_16000hz": 16_000, "pcm16_8000hz": 8_000}
    ulaw = Format(8_000, is_ulaw=True)
    hears, speaks = session["input_audio_format"], session["output_audio_format"]
    return (
        ulaw if hears == "g711_ulaw" else Format(session["input_audio_sampling_rate"]),
        ulaw if speaks == "g711_ulaw" else Format(rates_hz[speaks]),
    )
