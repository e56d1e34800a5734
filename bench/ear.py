"""What a caller hears of the agent, and of being heard themselves."""

from collections import deque
from dataclasses import dataclass, field
from time import perf_counter

from bench.responses import RESPONSE_FRAMES
from bench.sound import FRAME_S, ITEMS

WHOLE_MS = RESPONSE_FRAMES * FRAME_S * 1000
NEAR_MS = FRAME_S * 1000
"""Nearer to an item's start or end than this, it is no mistake to take the item beside it."""


@dataclass
class Interruption:
    """One, from its first word; times in seconds of this process's clock."""

    has_tool: bool
    """Whether a tool was running."""
    began_s: float
    begun: list[str]
    """Items that the service had begun to send since the interruption before, the oldest first."""
    left_s: float
    """How long the caller would have heard what had arrived."""
    stopped_s: float | None = None
    """When `StopAudio` came."""
    measured_s: list[float] = field(default_factory=list)
    """The moments from which the truth is reckoned: sound came after silence, and was stopped."""
    heard_ms: dict[str, float] = field(default_factory=dict)
    """The truth: of each item, at that moment."""
    told_ms: dict[str, int] = field(default_factory=dict)
    """What the service was told of the same."""
    late_frames: int = 0
    """Of items that had been silenced."""
    is_talked_over: bool = False
    """Whether another item was heard while the caller still spoke."""

    @property
    def hears(self) -> bool:
        """Whether there was something to interrupt."""
        return self.stopped_s is not None or self.left_s > FRAME_S

    @property
    def stop_s(self) -> float | None:
        """From the service's word that the caller speaks to silence at the carrier."""
        return None if self.stopped_s is None else self.stopped_s - self.began_s

    @property
    def sounding(self) -> str | None:
        """The item that was cut; None where the last one had been heard to its end."""
        last = next(reversed(self.heard_ms), None)
        return last if last and self.heard_ms[last] < WHOLE_MS else None

    @property
    def error_ms(self) -> float | None:
        """By how much more was told than heard."""
        item = self.sounding
        if item is None or item not in self.told_ms:
            return None
        return self.told_ms[item] - self.heard_ms[item]

    @property
    def is_untold(self) -> bool:
        """Whether an item was cut and the service does not know."""
        return self.sounding is not None and self.sounding not in self.told_ms

    @property
    def is_wrong(self) -> bool:
        """Whether the service was told of an item that was neither sounding nor waiting."""
        return any(not self._is_cut(item, told) for item, told in self.told_ms.items())

    @property
    def is_beyond(self) -> bool:
        """Whether more of an item was told than there is."""
        return any(told > WHOLE_MS for told in self.told_ms.values())

    def _is_cut(self, item: str, told_ms: int) -> bool:
        if item == self.sounding:
            return True
        heard_ms = self.heard_ms.get(item, 0.0)
        is_waiting = item in self.begun and heard_ms <= 0 and told_ms <= NEAR_MS
        was_whole = heard_ms >= WHOLE_MS and told_ms >= WHOLE_MS - NEAR_MS
        return is_waiting or (was_whole and self._next_ms(item) <= NEAR_MS)

    def _next_ms(self, item: str) -> float:
        """What was heard of the item behind one that was heard."""
        items = list(self.heard_ms)
        behind = items[items.index(item) + 1 :]
        return self.heard_ms[behind[0]] if behind else 0.0


class Ear:
    """A carrier that plays what arrives at once and without gaps, and stops when told to.

    ACS has been given no buffer of its own: what it adds is not known.
    """

    def __init__(self) -> None:
        self.interruptions: list[Interruption] = []
        """Those that are over."""
        self._now: Interruption | None = None
        self._names = [""] * ITEMS
        self._begun: list[str] = []
        self._dry_s = 0.0
        """When all that arrived will have been heard."""
        self._came_s: list[float] = []
        """When the first frame of an item arrived, and those behind a gap."""
        self._frames: deque[tuple[str, int, float]] = deque(maxlen=4 * RESPONSE_FRAMES)
        """Since the carrier was last stopped: of which item, which one, and when it begins."""

    def begins(self, number: int, item_id: str) -> None:
        """The service sends the first sound of an item."""
        self._names[number % ITEMS] = item_id
        self._begun.append(item_id)

    def plays(self, number: int, item: int) -> None:
        """Frame `number` of an item arrives."""
        now = perf_counter()
        begins_s = max(now, self._dry_s)
        if begins_s == now:
            self._came_s = [*self._came_s, now] if number else [now]
        self._dry_s = begins_s + FRAME_S
        item_id = self._names[item]
        self._frames.append((item_id, number, begins_s))
        if self._now and self._now.stopped_s is not None:
            if item_id in self._now.begun:
                self._now.late_frames += 1
            else:
                self._now.is_talked_over = True

    def plays_silence(self) -> None:
        """A frame arrives that fills up the end of an item."""
        self._dry_s = max(perf_counter(), self._dry_s) + FRAME_S

    def stops(self) -> None:
        """What has not been heard yet is dropped."""
        now = perf_counter()
        if self._now and self._now.stopped_s is None:
            self._now.stopped_s = now
            self._now.measured_s = [*self._came_s, now]
            for item_id, number, begins_s in self._frames:
                part = min(1.0, (now - begins_s) / FRAME_S)
                if part > 0:
                    self._now.heard_ms[item_id] = (number + part) * FRAME_S * 1000
        self._frames.clear()
        self._dry_s = now

    def caller_starts(self, *, has_tool: bool) -> None:
        """The service is about to say that the caller speaks."""
        now = perf_counter()
        self._now = Interruption(has_tool, now, self._begun, left_s=self._dry_s - now)
        self._begun = []

    def told(self, item_id: str, heard_ms: int) -> None:
        """The service is told what was heard of an item."""
        if self._now:
            self._now.told_ms[item_id] = heard_ms

    def caller_stops(self) -> None:
        """The caller has spoken; what comes now is an answer."""
        if self._now:
            self.interruptions.append(self._now)
        self._now = None
