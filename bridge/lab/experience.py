"""What a call was like for the caller, in figures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Self

from bridge.lab.report import CallReport
from bridge.lab.stretch import Stretch, between, next_starts_ms, shared, total_ms


@dataclass(frozen=True, kw_only=True)
class Experience:
    """Figures of one call, of the sound on the line unless a field says otherwise; to 20 ms.

    A figure is None where nothing of its kind happened.
    """

    dead_air_s: float
    """Seconds of the longest of the report's `silences`: the caller waited, and heard nothing."""
    answer_gap_p50_s: float | None
    """Seconds from the caller's last sound to the agent's first, interim lines and music too: the
    median of all turns. Turns without an answer, or which the agent talked through, have none."""
    answer_gap_p95_s: float | None
    """The same: the gap that 95 % of them do not exceed."""
    cover_s: float
    """Seconds of interim lines and music; where a line ends, the ears tell, to 200 ms."""
    wasted_s: float
    """Seconds of cover in waits whose answer came within 300 ms of the beginning of a line; from
    the service's record, since the sound does not tell when an answer was ready."""
    barge_in_stop_ms: float | None
    """Milliseconds from the caller's first sound over the agent's to the agent's silence: the
    longest. A line that simply ended soon after counts, and so does one that was not to stop."""
    reprompts: int
    """Times that a silent caller was spoken to; from the service's record."""
    words_cut: int
    """Lines that the caller did not hear to their end, though nobody interrupted or hung up."""
    talked_over_s: float
    """Seconds in which the caller and a line of the agent were heard at once."""
    interim_lines: int
    """Lines that were to cover a wait."""
    longest_speech_s: float
    """Seconds that the agent spoke for, at the longest; pauses under 300 ms, and those within a
    line, are part of it."""
    at_ms: Mapping[str, float] = field(default_factory=dict)
    """Where in the recording a figure arose, by its name; without those of the record."""

    @classmethod
    def of(cls, report: CallReport) -> Self:
        """The figures of a call."""
        lines = [spell for spell in report.spells if spell.who == "interim"]
        cover = [*shared(lines, report.agent_sounds), *report.music]
        speech = shared(report.agent_sounds, between(report.music, report.lasted_ms))
        over = shared(report.caller_sounds, speech)
        gaps, cut = _answer_gaps(report), report.cut_off
        p50, p95 = _percentile(gaps, 50), _percentile(gaps, 95)
        found = {
            "dead_air_s": _longest(report.silences),
            "answer_gap_p50_s": p50,
            "answer_gap_p95_s": p95,
            "cover_s": _longest(cover),
            "barge_in_stop_ms": (barge_in := _longest(report.barge_ins)),
            "words_cut": cut[0] if cut else None,
            "talked_over_s": _longest(over),
            "interim_lines": lines[0] if lines else None,
            "longest_speech_s": (longest := _longest(speech)),
        }
        waits = report.bridge.get("waits", ())
        return cls(
            dead_air_s=_seconds(report.longest_silence_ms),
            answer_gap_p50_s=_seconds(p50.lasts_ms) if p50 else None,
            answer_gap_p95_s=_seconds(p95.lasts_ms) if p95 else None,
            cover_s=_seconds(total_ms(cover)),
            wasted_s=_seconds(sum(wait["covered_ms"] for wait in waits if wait["wasted"])),
            barge_in_stop_ms=barge_in.lasts_ms if barge_in else None,
            reprompts=report.bridge.get("reprompts", 0),
            words_cut=len(cut),
            talked_over_s=_seconds(total_ms(over)),
            interim_lines=len(lines),
            longest_speech_s=_seconds(longest.lasts_ms) if longest else 0.0,
            at_ms={name: stretch.start_ms for name, stretch in found.items() if stretch},
        )


FIGURES = {
    "dead_air_s": "Longest dead air",
    "answer_gap_p50_s": "Gap before an answer, median",
    "answer_gap_p95_s": "Gap before an answer, 95 %",
    "cover_s": "Waits covered",
    "wasted_s": "Cover wasted",
    "barge_in_stop_ms": "Silent after a barge-in",
    "reprompts": "Reprompts",
    "words_cut": "Lines cut off",
    "talked_over_s": "Both talked at once",
    "interim_lines": "Interim lines",
    "longest_speech_s": "Longest speech of the agent",
}
"""The fields of `Experience` that are figures, as people call them, in the order of pages."""
NEUTRAL = ("cover_s", "interim_lines", "longest_speech_s")
"""Figures of which less is not better, nor more."""


def in_words(name: str, value: float | None) -> str:
    """A figure with its unit, which is the end of its name."""
    if value is None:
        return "none"
    if name.endswith("_ms"):
        return f"{value:.0f} ms"
    return f"{value:.2f} s" if name.endswith("_s") else f"{value:g}"


@dataclass(frozen=True)
class Spread:
    """One figure over the calls that have it."""

    median: float
    p95: float
    """95 % of the calls do not exceed it."""
    worst: float


def spreads(experiences: Sequence[Experience]) -> dict[str, Spread]:
    """Every figure over many calls, of a flow or a run; without those that no call has."""
    found = {}
    for name in FIGURES:
        each = (getattr(experience, name) for experience in experiences)
        values = sorted(value for value in each if value is not None)
        if values:
            found[name] = Spread(median(values), _nearest(values, 95), values[-1])
    return found


def _answer_gaps(report: CallReport) -> list[Stretch]:
    gaps = []
    turns = report.caller_sounds
    for turn, until_ms in zip(turns, next_starts_ms(turns, report.lasted_ms), strict=True):
        talks_on = any(a.start_ms < turn.end_ms < a.end_ms for a in report.agent_sounds)
        starts = (a.start_ms for a in report.agent_sounds if turn.end_ms <= a.start_ms < until_ms)
        start_ms = next(starts, None)
        if start_ms is not None and not talks_on:
            gaps.append(Stretch(turn.end_ms, start_ms))
    return gaps


def _longest(stretches: Iterable[Stretch]) -> Stretch | None:
    return max(stretches, key=lambda stretch: stretch.lasts_ms, default=None)


def _percentile(stretches: Sequence[Stretch], percent: int) -> Stretch | None:
    by_length = sorted(stretches, key=lambda stretch: stretch.lasts_ms)
    return _nearest(by_length, percent) if by_length else None


def _nearest(values: Sequence[Any], percent: int) -> Any:
    """The least of the sorted values that so many percent do not exceed."""
    return values[math.ceil(len(values) * percent / 100) - 1]


def _seconds(ms: float) -> float:
    return round(ms / 1000, 3)
