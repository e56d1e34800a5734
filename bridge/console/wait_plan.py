"""What a caller hears while a wait goes on, on a time axis: the same for the eye and for the ear.

It follows the rules by which waits are covered: the first line at the threshold, each step at its
time or once the line before has ended, music under lines, and nothing after giving up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.call.history import STARTING_MS
from bridge.flow.interim import Interim, Play, Say, StaticInterim
from bridge.flow.outcomes import HangUp, Transfer

MADE_UP = "A line that the model makes up"
"""Stands for words that nobody knows before."""

_UNCOVERED_MS = 10_000
"""Shown of a wait that nothing covers."""
_TAIL_MS = 3_000
"""Shown after the last thing that happens, where the wait goes on."""
_SHORT_MS = 1_500
"""What a pause is shortened to for those who know how long it lasts."""

Length = Callable[[str], float]
"""How long a text or a sound lasts, in ms."""


@dataclass(frozen=True)
class Piece:
    """Something that sounds: a line, or music."""

    from_ms: float
    to_ms: float
    what: str
    """The words, or the name of the file."""
    number: int
    """Its place among all that happens, from 1."""

    @property
    def lasts_ms(self) -> float:
        """How long it sounds."""
        return self.to_ms - self.from_ms

    @property
    def is_made_up(self) -> bool:
        """Whether nobody knows its words before."""
        return self.what == MADE_UP


@dataclass(frozen=True)
class WaitPlan:
    """A wait that goes on until the line gives up, or as far as anything happens in it."""

    lines: tuple[Piece, ...]
    music: tuple[Piece, ...]
    lasts_ms: float
    gives_up: HangUp | Transfer | None = None
    gives_up_ms: float = 0.0
    """When; what is said then is among the lines."""

    @property
    def dead_ms(self) -> float:
        """Silence before the first sound."""
        return min((each.from_ms for each in self.sounding), default=self.lasts_ms)

    @property
    def sounding(self) -> list[Piece]:
        """Lines and music, by their beginning."""
        return sorted((*self.lines, *self.music), key=lambda each: each.number)

    def silences(self) -> list[tuple[float, float]]:
        """From when to when nothing sounds."""
        found, at = [], 0.0
        for piece in sorted(self.sounding, key=lambda each: each.from_ms):
            if piece.from_ms > at:
                found.append((at, piece.from_ms))
            at = max(at, piece.to_ms)
        return [*found, (at, self.lasts_ms)] if at < self.lasts_ms else found


def plan_of(interim: Interim | None, length: Length, first: int = 0) -> WaitPlan:
    """What a wait sounds like under `interim`, with its first line the `first` of its texts."""
    if interim is None:
        return WaitPlan((), (), _UNCOVERED_MS)
    threshold = interim.latency_threshold_ms
    at_ms = float(STARTING_MS if threshold == "adaptive" else threshold)
    is_known = isinstance(interim, StaticInterim)
    text = interim.texts[first % len(interim.texts)] if is_known else MADE_UP
    lines, music = [Piece(at_ms, at_ms + length(text), text, 1)], []
    for number, (after_ms, step) in enumerate(interim.ladder, 2):
        from_ms = max(float(after_ms), lines[-1].to_ms)
        match step:
            case Say(text=text):
                lines.append(Piece(from_ms, from_ms + length(text), text, number))
            case Play(file=file, times=times):
                lasts_ms = length(file) * times if times else float("inf")
                music.append(Piece(float(after_ms), after_ms + lasts_ms, file, number))
            case HangUp(say=say) | Transfer(say=say):
                if say:
                    lines.append(Piece(from_ms, from_ms + length(say), say, number))
                ends_ms = lines[-1].to_ms if say else from_ms
                return WaitPlan(
                    tuple(lines),
                    _within(music, from_ms),
                    ends_ms,
                    gives_up=step,
                    gives_up_ms=from_ms,
                )
    last_ms = max(lines[-1].to_ms, *(each.from_ms for each in music)) if music else lines[-1].to_ms
    ends_ms = last_ms + _TAIL_MS
    return WaitPlan(tuple(lines), _within(music, ends_ms), ends_ms)


def _within(music: list[Piece], ends_ms: float) -> tuple[Piece, ...]:
    """One sound at a time: the next takes the place of the one before."""
    ends = [*(each.from_ms for each in music[1:]), ends_ms][: len(music)]
    cut = [
        replace(each, to_ms=min(each.to_ms, end_ms))
        for each, end_ms in zip(music, ends, strict=True)
    ]
    return tuple(each for each in cut if each.lasts_ms > 0)


def shortened(plan: WaitPlan) -> WaitPlan:
    """The same with pauses between words of a second and a half at most, and music no longer."""
    marks = {0.0, plan.lasts_ms, plan.gives_up_ms}
    for each in plan.sounding:
        marks |= {each.from_ms, each.to_ms}
    new, at, before = {0.0: 0.0}, 0.0, 0.0
    for mark in sorted(marks)[1:]:
        speaks = any(each.from_ms <= before and mark <= each.to_ms for each in plan.lines)
        at += mark - before if speaks else min(mark - before, _SHORT_MS)
        new[mark] = at
        before = mark

    def moved(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        return tuple(
            replace(each, from_ms=new[each.from_ms], to_ms=new[each.to_ms]) for each in pieces
        )

    return replace(
        plan,
        lines=moved(plan.lines),
        music=moved(plan.music),
        lasts_ms=new[plan.lasts_ms],
        gives_up_ms=new[plan.gives_up_ms],
    )
