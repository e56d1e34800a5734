"""One beat of 20 ms for all calls of a process, on absolute deadlines."""

import asyncio
from math import floor

from bridge.audio.pcm import FRAME_MS

LEAD_MS = 100
"""How far ahead of the caller's ear frames leave; little, so that a barge-in undoes little."""
MOST_LEAD_MS = 180
"""With the frame that each beat adds, never more than 200 ms."""

_BEAT_S = FRAME_MS / 1000
_FORGETS = 0.998
"""What is left of a delay after each beat: half after seven seconds."""


class Ticker:
    """Wakes all that wait for the next beat at once, from one timer; without them it rests.

    A sleep per frame and call would drift, and wake the process 50 times a second for every call.
    How late the beats come is how long the process was held up: the lead grows by that.
    """

    def __init__(self, lead_ms: float = LEAD_MS) -> None:
        self._loop = asyncio.get_running_loop()
        self._least_lead_ms = lead_ms
        self._late_ms = 0.0
        self._due_s = 0.0
        """Loop time of the beat that is waited for, or was last."""
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def lead_ms(self) -> float:
        """How far ahead frames are to leave now, at most 180 ms."""
        return self._least_lead_ms + self._late_ms

    def beat(self) -> asyncio.Future[None]:
        """The next beat, to be awaited."""
        if not self._waiting:
            last = round(self._due_s / _BEAT_S)
            self._due_s = (max(floor(self._loop.time() / _BEAT_S), last) + 1) * _BEAT_S
            self._loop.call_at(self._due_s, self._strike)
        beat = self._loop.create_future()
        self._waiting.append(beat)
        return beat

    def _strike(self) -> None:
        self._late_ms *= _FORGETS
        self._note_delay(self._due_s)
        waiting, self._waiting = self._waiting, []
        for beat in waiting:
            if not beat.done():
                beat.set_result(None)
        self._loop.call_soon(self._note_delay, self._due_s)  # once all of them have had their turn

    def _note_delay(self, due_s: float) -> None:
        late_ms = min((self._loop.time() - due_s) * 1000, MOST_LEAD_MS - self._least_lead_ms)
        self._late_ms = max(self._late_ms, late_ms)
