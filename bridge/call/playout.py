"""What the caller is about to hear, and what they have heard."""

import asyncio
from collections import deque
from dataclasses import dataclass

from bridge.audio.pcm import FRAME_MS, frame_bytes
from bridge.call.ends import CallEnd
from bridge.call.legs import PhoneLeg
from bridge.call.record import Record

LEAD_MS = 100
"""How far ahead of the caller's ear frames leave; little, so that a barge-in undoes little."""

_PUNCTUAL_MS = 0.5
"""Less than this is not worth waiting for."""

_CARRIER_HOLDS_MS = 200
"""What the carrier may still hold when our clock says that all was heard. Not measured on Azure."""


@dataclass(frozen=True)
class Cut:
    """An item that the caller did not hear to its end."""

    item_id: str
    heard_ms: int


class Playout:
    """A paced queue of 20 ms frames to the caller.

    Carriers report nothing about playback, so this clock is the only one that knows what was heard:
    frames leave at most `LEAD_MS` ahead of real time and play without gaps until the queue is dry.
    """

    def __init__(self, phone: PhoneLeg, record: Record) -> None:
        self._phone = phone
        self._record = record
        self._frame_bytes = frame_bytes(phone.rate_hz)
        self._queue: deque[tuple[str, bytes]] = deque()
        self._partial = bytearray()
        self._partial_item = ""
        self._sent_ms: dict[str, int] = {}
        self._heard_at = 0.0
        """Loop time at which all that was sent will have been heard."""
        self._queued = asyncio.Event()
        self._emptied = asyncio.Event()

    def add(self, item_id: str, pcm: bytes) -> None:
        """Queue a piece of an item, of any length, behind all that is queued."""
        if item_id != self._partial_item:
            self.finish(self._partial_item)
            self._partial_item = item_id
        self._partial += pcm
        whole = len(self._partial) // self._frame_bytes * self._frame_bytes
        for start in range(0, whole, self._frame_bytes):
            frame = bytes(self._partial[start : start + self._frame_bytes])
            self._queue.append((item_id, frame))
        del self._partial[:whole]
        if self._queue:
            self._emptied.clear()
            self._queued.set()

    def finish(self, item_id: str) -> None:
        """The item is complete: its last frame is filled up with silence."""
        if item_id == self._partial_item and self._partial:
            self.add(item_id, bytes(self._frame_bytes - len(self._partial)))

    async def run(self) -> CallEnd:
        """Send frames as their time comes, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._queued.wait()
            while self._queue:
                early_ms = (self._heard_at - loop.time()) * 1000 - (LEAD_MS - FRAME_MS)
                if early_ms > _PUNCTUAL_MS:
                    await asyncio.sleep(early_ms / 1000)
                    continue
                item_id, frame = self._queue.popleft()
                self._sent_ms[item_id] = self._sent_ms.get(item_id, 0) + FRAME_MS
                self._heard_at = max(self._heard_at, loop.time()) + FRAME_MS / 1000
                self._record.frames_down += 1
                await self._phone.play(frame)
            self._queued.clear()
            self._emptied.set()

    @property
    def left_s(self) -> float:
        """How long the caller will still hear what is queued; 0 when there is silence."""
        unheard_s = self._heard_at - asyncio.get_running_loop().time()
        return len(self._queue) * FRAME_MS / 1000 + max(0.0, unheard_s)

    async def drained(self) -> None:
        """Wait until the caller has heard everything, or it was cut short."""
        while self._queue:
            await self._emptied.wait()
        unheard_s = self._heard_at - asyncio.get_running_loop().time()
        if unheard_s > 0:
            await asyncio.sleep(unheard_s + _CARRIER_HOLDS_MS / 1000)

    async def interrupt(self) -> list[Cut]:
        """Silence at once: forget the queue, and say what was cut and at which millisecond."""
        now = asyncio.get_running_loop().time()
        unheard_ms = max(0.0, (self._heard_at - now) * 1000)
        if not self._queue and not unheard_ms:
            return []
        waiting = {item_id for item_id, _ in self._queue}
        self._queue.clear()
        self._partial.clear()
        self._heard_at = now
        self._emptied.set()
        await self._phone.stop_playing()
        cuts = []
        for item_id, sent_ms in reversed(self._sent_ms.items()):
            if unheard_ms <= 0 and item_id not in waiting:
                break
            cuts.append(Cut(item_id, heard_ms=max(0, round(sent_ms - unheard_ms))))
            waiting.discard(item_id)
            unheard_ms -= sent_ms
        return cuts + [Cut(item_id, heard_ms=0) for item_id in waiting]
