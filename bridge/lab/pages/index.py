"""The page over a run: every call, those that failed first."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bridge.lab.experience import Spread, spreads
from bridge.lab.outcome import Outcome, by_name
from bridge.lab.pages.rendering import write_page
from bridge.lab.pages.timeline import Timeline

SHOWN = (
    "dead_air_s",
    "answer_gap_p95_s",
    "cover_s",
    "wasted_s",
    "barge_in_stop_ms",
    "reprompts",
    "words_cut",
)
"""Figures with a column; the rest is on the page of the call."""


@dataclass(frozen=True)
class FlowCalls:
    """The calls of one flow."""

    name: str
    calls: list[tuple[Outcome, Timeline]]
    """Failed ones first, then by name."""
    spreads: dict[str, Spread]

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(not outcome.passed for outcome, _ in self.calls)


def write_index(outcomes: Iterable[Outcome], folder: Path) -> Path:
    """Write `index.html`, which links to the pages of the calls beside it."""
    run = list(by_name(outcomes).values())
    ordered = sorted(run, key=lambda outcome: (outcome.flow, outcome.passed, outcome.name))
    flows = [
        _of_flow(name, list(calls)) for name, calls in groupby(ordered, lambda each: each.flow)
    ]
    flows.sort(key=lambda flow: not flow.failed)
    path = folder / "index.html"
    write_page(path, "index.html", flows=flows, run=run, shown=SHOWN)
    return path


def _of_flow(name: str, calls: list[Outcome]) -> FlowCalls:
    drawn = [(outcome, Timeline(outcome.report)) for outcome in calls]
    return FlowCalls(name, drawn, spreads([outcome.experience for outcome in calls]))
