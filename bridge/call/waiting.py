"""A wait under way, and the figures it leaves."""

from dataclasses import dataclass, field
from typing import Literal

from bridge.audio.music import Music
from bridge.call.history import STARTING_MS, History, Key, outcome_ms
from bridge.call.record import Wait, WaitEnd
from bridge.flow.interim import Interim, Trigger

WASTED_MS = 300
"""A line was wasted if the answer came so soon after it began."""


@dataclass(frozen=True)
class Clock:
    """A trigger that holds: since when, and what is to be said."""

    since_s: float
    interim: Interim
    key: Key
    text: str = field(repr=False)
    """The first line; empty where only a model can make it up."""
    line: str
    """The same as its author wrote it, for the log."""
    line_ms: float
    threshold_ms: int

    @property
    def due_s(self) -> float:
        """Loop time at which the first line is due."""
        return self.since_s + self.threshold_ms / 1000


@dataclass
class Waiting:
    """From the caller's last word, or a tool's call, to the answer."""

    began_s: float
    trigger: Trigger
    by: Literal["service", "bridge"]
    heard_ms: float
    """Sound that the caller had heard in the call before."""
    clocks: dict[Trigger, Clock] = field(default_factory=dict)
    tools: set[str] = field(default_factory=set)
    lines_s: dict[str, float] = field(default_factory=dict)
    """Loop times at which lines began to sound, by their items."""
    first_sound_s: float | None = None
    caller_spoke: bool = False
    music: Music | None = None

    def sounds(self, now_s: float) -> None:
        """Something begins to sound."""
        if self.first_sound_s is None:
            self.first_sound_s = now_s

    def line_sounds(self, item_id: str, now_s: float) -> None:
        """A line begins to sound, or goes on."""
        self.sounds(now_s)
        self.lines_s.setdefault(item_id, now_s)

    def next_due(self) -> Clock:
        """The clock whose line is due first."""
        return min(self.clocks.values(), key=lambda clock: clock.due_s)

    def note(self, history: History, now_s: float) -> None:
        """Remember how long it took, where it is clear what was waited for."""
        clock = self.clocks.get(Trigger.TOOL) or self.clocks.get(Trigger.LATENCY)
        if clock and len(self.tools) <= 1:
            history.note(clock.key, (now_s - clock.since_s) * 1000)

    def figures(self, end: WaitEnd, now_s: float, *, heard_ms: float, left_ms: float) -> Wait:
        """What it leaves on the record, given what was heard by now and what is still queued."""
        lasted_ms = (now_s - self.began_s) * 1000
        first_s = now_s if self.first_sound_s is None else self.first_sound_s
        dead_air_ms = (first_s - self.began_s) * 1000
        delayed_ms = left_ms if self.lines_s and end is WaitEnd.ANSWERED else 0.0
        last_s = max(self.lines_s.values(), default=self.began_s - WASTED_MS)
        saved_air_ms = saved_delay_ms = None
        adaptive = [c for c in self.clocks.values() if c.interim.latency_threshold_ms == "adaptive"]
        if adaptive and end is WaitEnd.ANSWERED:
            fixed = outcome_ms(lasted_ms, STARTING_MS, adaptive[0].line_ms)
            saved_air_ms = round(fixed[0] - dead_air_ms)
            saved_delay_ms = round(fixed[1] - delayed_ms)
        return Wait(
            trigger=self.trigger,
            by=self.by,
            end=end,
            lasted_ms=round(lasted_ms),
            dead_air_ms=round(dead_air_ms),
            covered_ms=round(heard_ms - self.heard_ms),
            lines=len(self.lines_s),
            delayed_ms=round(delayed_ms),
            wasted=end is WaitEnd.ANSWERED and (now_s - last_s) * 1000 < WASTED_MS,
            dead_air_saved_ms=saved_air_ms,
            delay_saved_ms=saved_delay_ms,
            tools=tuple(sorted(self.tools)),
        )
