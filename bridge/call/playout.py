"""What the caller is about to hear, and what they have heard."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.audio.music import Music
from bridge.audio.pcm import FRAME_MS, frame_bytes
from bridge.call.ends import CallEnd
from bridge.call.legs import PhoneLeg
from bridge.call.record import Record
from bridge.call.ticker import MOST_LEAD_MS, Ticker

_PUNCTUAL_MS = 0.5
"""Less than this is not worth waiting for."""

_UNSTEADY_MS = 5
"""So much of the lead may be missing at a beat before it is filled up again."""

_CARRIER_HOLDS_MS = 200
"""What the carrier may still hold when our clock says that all was heard. Not measured on Azure."""


@dataclass(frozen=True)
class Cut:
    """An item that the caller did not hear to its end."""

    item_id: str
    heard_ms: int
    rest: tuple[bytes, ...] = field(default=(), repr=False)
    """The frames that were not heard whole, where the playout keeps them."""


class Playout:
    """A paced queue of 20 ms frames to the caller, and a sound under it.

    Carriers report nothing about playback, so this clock is the only one that knows what was heard:
    frames fill the ticker's lead, then leave one a beat, and play without gaps until the queue is
    dry. Where the process was held up for longer than that, what was late follows at the pace of
    speech.
    """

    def __init__(
        self, phone: PhoneLeg, ticker: Ticker, record: Record, *, resumes: bool = False
    ) -> None:
        """Play to a phone; only where cuts are to be resumed, frames that left are kept."""
        self._resumes = resumes
        self._phone = phone
        self._ticker = ticker
        self._loop = asyncio.get_running_loop()
        self._record = record
        self.rate_hz = phone.rate_hz
        self._frame_bytes = frame_bytes(phone.rate_hz)
        self._queue: deque[tuple[str, bytes]] = deque()
        self._partial = b""
        self._partial_item = ""
        self._music: list[Music] = []
        """The sound under it all; those before it while they fade."""
        self._sent_ms: Counter[str] = Counter()
        """How much of each item has left."""
        self._sent: deque[tuple[str, bytes, float]] = deque(maxlen=MOST_LEAD_MS // FRAME_MS + 1)
        """The last frames that left: of which item, and the loop time at which each is heard."""
        self._heard_at = 0.0
        """Loop time at which all that was sent will have been heard."""
        self._spoken_at = 0.0
        """The same for speech: all but music alone."""
        self._dropped_ms = 0.0
        """Sent, and taken back before it was heard."""
        self._queued = asyncio.Event()
        self._emptied = asyncio.Event()
        self.begins: Callable[[str, float], None] | None = None
        """Is told of each item, and of the loop time at which the caller will begin to hear it."""

    def add(self, item_id: str, pcm: bytes) -> None:
        """Queue a piece of an item, of any length, behind all that is queued."""
        if item_id != self._partial_item:
            self.finish(self._partial_item)
            self._partial_item = item_id
            if self.begins:
                self.begins(item_id, max(self._loop.time(), self.quiet_at_s))
        pcm, size = self._partial + pcm, self._frame_bytes
        whole = len(pcm) // size * size
        self._queue.extend((item_id, pcm[at : at + size]) for at in range(0, whole, size))
        self._partial = pcm[whole:]
        if self._queue:
            self._emptied.clear()
            self._queued.set()

    def finish(self, item_id: str) -> None:
        """The item is complete: its last frame is filled up with silence."""
        if item_id == self._partial_item and self._partial:
            self.add(item_id, bytes(self._frame_bytes - len(self._partial)))

    def play_under(self, music: Music) -> None:
        """Let a sound rise under all that is said, until it fades or ends."""
        for earlier in self._music:
            earlier.fade()
        music.begin()
        self._music = [*(earlier for earlier in self._music if earlier is not music), music]
        self._queued.set()

    async def run(self) -> CallEnd:
        """Send frames as their time comes, until cancelled."""
        while True:
            await self._queued.wait()
            fills = True
            while self._queue or self._music:
                lead_ms = self._ticker.lead_ms
                fills = fills and self._ahead_ms + FRAME_MS <= lead_ms + _PUNCTUAL_MS
                if not fills:
                    await self._ticker.beat()
                    ahead_ms = self._ahead_ms
                    if ahead_ms > lead_ms + _PUNCTUAL_MS:
                        continue  # the lead has shrunk
                    if ahead_ms < 0 and self._sent:  # it is empty after an interruption
                        self._record.underruns += 1
                    fills = ahead_ms < lead_ms - FRAME_MS - _UNSTEADY_MS
                if self._queue or self._music:
                    await self._phone.play(self._next())
            self._queued.clear()

    @property
    def _ahead_ms(self) -> float:
        return (self._heard_at - self._loop.time()) * 1000

    def _next(self) -> bytes:
        """The frame that leaves now: of the queue, of the music, or both in one."""
        self._heard_at = max(self._heard_at, self._loop.time()) + FRAME_MS / 1000
        item_id, spoken = self._queue.popleft() if self._queue else ("", b"")
        frame = spoken
        if item_id:
            self._sent_ms[item_id] += FRAME_MS
            self._spoken_at = self._heard_at
        if not self._queue:
            self._emptied.set()
        if self._music:
            for music in self._music:
                frame = music.under(frame, speech=bool(item_id))
            self._music = [music for music in self._music if not music.is_over]
        self._sent.append((item_id, spoken if self._resumes else b"", self._heard_at))
        self._record.frames_down += 1
        return frame

    @property
    def quiet_at_s(self) -> float:
        """Loop time at which the caller will have heard all speech; past when nobody speaks."""
        if not self._queue:
            return self._spoken_at
        begins_at = max(self._heard_at, self._loop.time())
        return begins_at + len(self._queue) * FRAME_MS / 1000

    @property
    def sounds(self) -> bool:
        """Whether the caller hears anything, or is about to."""
        return bool(self._queue or self._music) or self._ahead_ms > 0

    @property
    def silent_since_s(self) -> float | None:
        """Loop time since which the caller hears nothing, music neither; None while they do."""
        return None if self.sounds else self._heard_at

    @property
    def left_s(self) -> float:
        """How long the caller will still hear speech; 0 when nobody speaks."""
        return max(0.0, self.quiet_at_s - self._loop.time())

    @property
    def heard_ms(self) -> float:
        """How much of the call the caller has heard sound; silence between does not count."""
        unheard_s = self._heard_at - self._loop.time()
        return self._record.frames_down * FRAME_MS - self._dropped_ms - max(0.0, unheard_s) * 1000

    async def drained(self) -> None:
        """Wait until the caller has heard everything that is said, or it was cut short."""
        while self._queue:
            await self._emptied.wait()
        if (unheard_s := self.left_s) > 0:
            await asyncio.sleep(unheard_s + _CARRIER_HOLDS_MS / 1000)

    async def interrupt(self) -> list[Cut]:
        """Silence at once: forget all, and say which items were cut and at which millisecond."""
        now = self._loop.time()
        self._partial = b""
        if not self._queue and self._heard_at <= now:
            return []
        unheard_ms: Counter[str] = Counter({item_id: 0 for item_id, _ in self._queue})
        rest: defaultdict[str, list[bytes]] = defaultdict(list)
        for item_id, frame, heard_at in self._sent:
            if heard_at > now and item_id:
                unheard_ms[item_id] += min(FRAME_MS, round((heard_at - now) * 1000))
                rest[item_id].append(frame)
        for item_id, frame in self._queue if self._resumes else ():
            rest[item_id].append(frame)
        self._queue.clear()
        self._sent.clear()
        self._music = []
        self._dropped_ms += max(0.0, self._heard_at - now) * 1000
        self._heard_at = self._spoken_at = now
        self._emptied.set()
        await self._phone.stop_playing()
        return [
            Cut(item, self._sent_ms[item] - ms, tuple(rest[item]))
            for item, ms in unheard_ms.items()
        ]
