"""A light Voice Live: an agent that speaks nearly always, and a caller's ear that never tires.

Events, their order and their keys are those of recorded sessions (gpt-4.1, 2026-04-10).
"""

import asyncio
from collections.abc import Iterator
from itertools import count
from random import Random
from time import perf_counter
from typing import Any

import orjson

from bench.scenarios import Scenario
from bench.sound import FRAME_S, marks, speech
from bench.tally import FIRST_MARK, Tally
from bench.wire import Wire, packed

RESPONSE_FRAMES = 125
"""2.5 s of speech a response."""
PERIOD_S = 2.8
"""From one response to the next: 0.3 s in which the queue runs dry, so that each has a start."""
SPEED = 8
"""Times faster than real time; between 5 and 17 were recorded."""
DELTA_MS = (100, 400)
"""Shortest and longest piece of audio."""

_VOICE = {
    "name": "en-US-AvaNeural",
    "type": "azure-standard",
    "temperature": None,
    "custom_lexicon_url": None,
    "custom_text_normalization_url": None,
    "prefer_locales": None,
    "locale": None,
    "style": None,
    "pitch": None,
    "rate": None,
    "volume": None,
}
_SESSION = {
    "id": "sess_5SeD1cVNdlWKz8nksluPrz",
    "model": "gpt-4.1-mini",
    "object": "realtime.session",
    "modalities": ["audio", "text"],
    "voice": _VOICE,
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500},
    "temperature": 0.8,
}
_RESPONSE = {
    "object": "realtime.response",
    "status_details": None,
    "usage": None,
    "conversation_id": "",
    "modalities": ["audio", "text"],
    "voice": _VOICE,
    "output_audio_format": "pcm16",
    "temperature": 0.8,
    "max_output_tokens": "inf",
    "metadata": {},
}
_WORD = " marmalade"

Event = dict[str, Any]


class Voice(Wire):
    """One session, as a server."""

    def __init__(self, scenario: Scenario, sessions: asyncio.Queue["Voice"]) -> None:
        super().__init__()
        self._rate_hz = scenario.voice_hz
        self._sessions = sessions
        self._tally = Tally()
        self._events = count(1)
        self._random = Random()  # noqa: S311 - lengths of pieces
        self.open.add_done_callback(lambda _: self._say("session.created", session=_SESSION))

    def on_text(self, text: bytes) -> None:
        """Hear the caller, or take in what the client wants; `session.update` counts as ready."""
        if b"input_audio_buffer.append" in text:
            self._tally.hears_up(marks(text, b'"audio"', self._rate_hz))
            return
        event = orjson.loads(text)
        if event["type"] == "session.update":
            self._say("session.updated", session=_SESSION | event["session"])
            self._sessions.put_nowait(self)

    def talk(self, tally: Tally, number: int, after_s: float) -> None:
        """Begin the first of many responses after some seconds; figures go to `tally`.

        `number` seeds the lengths of pieces.
        """
        self._tally = tally
        self._random.seed(number)
        asyncio.get_running_loop().call_later(after_s, self._respond, perf_counter() + after_s, 1)

    def _respond(self, due_at: float, number: int) -> None:
        """Say one response, and plan the next."""
        if self.is_lost:
            return
        loop, began_at = asyncio.get_running_loop(), perf_counter()
        for at_s, event in _script(
            f"resp_3m5OBUcRuH6aoqyA{number:06}", self._random, self._rate_hz
        ):
            loop.call_later(max(0.0, at_s - (perf_counter() - began_at)), self._tell, event)
        next_at = due_at + PERIOD_S
        loop.call_later(next_at - perf_counter(), self._respond, next_at, number + 1)

    def _tell(self, event: Event) -> None:
        if event.pop("first", False):
            self._tally.began_at = perf_counter()
        self._say(**event)

    def _say(self, type: str, **fields: Any) -> None:  # noqa: A002 - Microsoft's name
        event = {"event_id": f"event_5uLdTQIc7mth4zyn{next(self._events):06}", "type": type}
        self.write(packed(orjson.dumps(event | fields), masked=False))


def _script(response_id: str, random: Random, rate_hz: int) -> Iterator[tuple[float, Event]]:
    """All events of a response, each with its second."""
    item_id = response_id.replace("resp", "msg")
    where = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    part = {"type": "audio", "transcript": ""}
    item = {"id": item_id, "object": "realtime.item", "type": "message", "role": "assistant"}
    empty = item | {"status": "incomplete", "content": []}
    added = {"response_id": response_id, "output_index": 0}
    response = _RESPONSE | {"id": response_id}

    def event(kind: str, **fields: Any) -> Event:
        return {"type": kind, **fields}

    yield 0, event("response.created", response=response | {"status": "in_progress", "output": []})
    yield 0, event("response.output_item.added", **added, item=empty)
    yield 0, event("conversation.item.created", previous_item_id=None, item=empty)
    yield 0, event("response.content_part.added", **where, part=part)
    audio = speech(FIRST_MARK, RESPONSE_FRAMES, rate_hz)
    char_s = RESPONSE_FRAMES * FRAME_S / len(audio)
    sent, at_s, text = 0, 0.0, ""
    while sent < len(audio):
        # Whole groups of four characters: pieces end between samples, and seldom between frames.
        size = int(random.uniform(*DELTA_MS) / 1000 / char_s) // 8 * 8
        size = min(size, len(audio) - sent)
        at_s += size * char_s / SPEED
        yield at_s, event("response.audio_transcript.delta", **where, delta=_WORD)
        delta = audio[sent : sent + size]
        yield at_s, event("response.audio.delta", **where, delta=delta, first=sent == 0)
        text += _WORD
        sent += size
    part = part | {"transcript": text}
    whole = item | {"status": "completed", "content": [part]}
    yield at_s, event("response.audio.done", **where)
    yield at_s, event("response.audio_transcript.done", **where, transcript=text)
    yield at_s, event("response.content_part.done", **where, part=part)
    yield at_s, event("response.output_item.done", **added, item=whole)
    yield (
        at_s,
        event("response.done", response=response | {"status": "completed", "output": [whole]}),
    )
