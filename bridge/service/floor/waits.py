"""How callers waited: figures that say which threshold to change."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

BIN_MS = 250
"""Of the histogram of lengths."""
MOST_BINS = 80
"""Waits of 20 s and more are in the last one."""


@dataclass(frozen=True)
class WaitRow:
    """One wait of a finished call."""

    flow: str
    tool: str
    """Names of the tools waited for; empty where it was the model's answer alone."""
    lasted_ms: int
    dead_air_ms: int
    delayed_ms: int
    lines: int
    wasted: int


@dataclass(frozen=True)
class WaitFigures:
    """The waits of one flow for one thing."""

    flow: str
    tool: str
    count: int
    lasted_p50_ms: int
    lasted_p95_ms: int
    dead_air_p50_ms: int
    dead_air_p95_ms: int
    delayed_p95_ms: int
    """How long answers, once there, waited for a line to end."""
    covered: float
    """Share of the waits in which a line sounded."""
    wasted: float
    """Share of them whose answer came within 300 ms of the beginning of a line."""
    lengths: tuple[int, ...]
    """How many waits lasted up to 250 ms, up to 500 ms, and so on. A line would begin in all that
    last longer than a threshold, and be wasted in those that end within 300 ms of it."""


def wait_figures(rows: Iterable[WaitRow]) -> list[WaitFigures]:
    """The figures by flow and tool, those of the most waits first."""
    groups: defaultdict[tuple[str, str], list[WaitRow]] = defaultdict(list)
    for row in rows:
        groups[row.flow, row.tool].append(row)
    figures = [_figures(flow, tool, waits) for (flow, tool), waits in groups.items()]
    return sorted(figures, key=lambda each: (-each.count, each.flow, each.tool))


def _figures(flow: str, tool: str, waits: list[WaitRow]) -> WaitFigures:
    lasted = [wait.lasted_ms for wait in waits]
    dead_air = [wait.dead_air_ms for wait in waits]
    bins = Counter(min(max(ms - 1, 0) // BIN_MS, MOST_BINS - 1) for ms in lasted)
    return WaitFigures(
        flow,
        tool,
        len(waits),
        lasted_p50_ms=_percentile(lasted, 50),
        lasted_p95_ms=_percentile(lasted, 95),
        dead_air_p50_ms=_percentile(dead_air, 50),
        dead_air_p95_ms=_percentile(dead_air, 95),
        delayed_p95_ms=_percentile([wait.delayed_ms for wait in waits], 95),
        covered=sum(wait.lines > 0 for wait in waits) / len(waits),
        wasted=sum(bool(wait.wasted) for wait in waits) / len(waits),
        lengths=tuple(bins[at] for at in range(max(bins) + 1)),
    )


def _percentile(values: list[int], percent: int) -> int:
    if len(values) == 1:
        return values[0]
    return round(quantiles(values, n=100, method="inclusive")[percent - 1])
