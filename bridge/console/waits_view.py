"""What another threshold would do: told from how long waits have lasted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.call.history import adaptive_threshold_ms
from bridge.call.waiting import WASTED_MS
from bridge.service.floor.waits import BIN_MS, WaitFigures

THRESHOLDS_MS = (300, 500, 800, 1_200, 2_000, 3_000)
"""Those in the table."""
_AXIS_MS = 4_000
"""Thresholds on the axis of the plot; waits go on to its right."""
_LINE_MS = 2_000
"""A line of usual length."""
ENOUGH = 20
"""From so many waits on, a threshold is suggested,"""
_NOTICED_MS, _NOTICED = 50, 0.05
"""if it saves so much silence, or so large a share of the waits a line that is wasted."""


@dataclass(frozen=True)
class AtThreshold:
    """What callers would get if the first line came so late."""

    threshold_ms: int
    covered: float
    """Share of the waits that get a line."""
    wasted: float
    """Share of those lines whose answer comes within 300 ms of their beginning."""
    dead_air_ms: int
    """Silence before the first sound, on average."""


@dataclass(frozen=True)
class WaitPlot:
    """The waits of one flow for one thing, and what to do about them."""

    figures: WaitFigures
    threshold_ms: int | Literal["adaptive"] | None
    """What holds now; None where nothing covers the wait."""
    would_be: AtThreshold | None
    """What another threshold would do, that suits these waits better; None if none is known to."""
    table: tuple[AtThreshold, ...]
    bars: tuple[tuple[float, float], ...]
    """From the left, each bar's height, in percent of the plot."""
    covered: str
    """The points of a curve, in percent from the left and from above."""
    wasted: str

    @property
    def now(self) -> AtThreshold | None:
        """What the threshold of today does, where it is a number."""
        if isinstance(self.threshold_ms, int):
            return at_threshold(self.figures.lengths, self.threshold_ms)
        return None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough waits to judge by."""
        return self.figures.count >= ENOUGH


def at_threshold(lengths: Sequence[int], threshold_ms: int) -> AtThreshold:
    """What a threshold does with waits of these lengths, counted in bins of 250 ms.

    Within a bin, waits are taken to be spread evenly.
    """
    count = sum(lengths)
    longer = _longer(lengths, threshold_ms)
    soon = longer - _longer(lengths, threshold_ms + WASTED_MS)
    silent_ms = sum(
        waits * min((at + 0.5) * BIN_MS, threshold_ms) for at, waits in enumerate(lengths)
    )
    return AtThreshold(
        threshold_ms,
        covered=longer / count if count else 0.0,
        wasted=soon / longer if longer else 0.0,
        dead_air_ms=round(silent_ms / count) if count else 0,
    )


def plot_of(figures: WaitFigures, threshold_ms: int | Literal["adaptive"] | None) -> WaitPlot:
    """The picture of these waits, beside the threshold that holds now."""
    lengths = figures.lengths
    axis = range(0, _AXIS_MS + 1, BIN_MS // 2)
    points = [(100 * ms / _AXIS_MS, at_threshold(lengths, ms)) for ms in axis]
    highest = max(lengths)
    bars = _AXIS_MS // BIN_MS
    return WaitPlot(
        figures,
        threshold_ms,
        _better(figures, threshold_ms) if isinstance(threshold_ms, int) else None,
        tuple(at_threshold(lengths, ms) for ms in THRESHOLDS_MS),
        tuple((100 * at / bars, 100 * n / highest) for at, n in enumerate(lengths[:bars])),
        _curve((x, at.covered) for x, at in points),
        _curve((x, at.wasted) for x, at in points),
    )


def _better(figures: WaitFigures, threshold_ms: int) -> AtThreshold | None:
    """The threshold that an adaptive one would be, where callers would be better off by it."""
    if figures.count < ENOUGH:
        return None
    lengths = figures.lengths
    middles = [(at + 0.5) * BIN_MS for at, waits in enumerate(lengths) for _ in range(waits)]
    other = at_threshold(lengths, adaptive_threshold_ms(middles, _LINE_MS))
    now = at_threshold(lengths, threshold_ms)
    is_sooner = other.dead_air_ms < now.dead_air_ms - _NOTICED_MS
    wastes_less = other.covered * other.wasted < now.covered * now.wasted - _NOTICED
    return other if is_sooner or wastes_less else None


def _curve(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{100 - 100 * share:.2f}" for x, share in points)


def _longer(lengths: Sequence[int], than_ms: int) -> float:
    """How many waits lasted longer, part of a bin among them."""
    whole, part = divmod(than_ms, BIN_MS)
    first = lengths[whole] * part / BIN_MS if whole < len(lengths) else 0.0
    return sum(lengths[whole:]) - first
