"""The page over two runs: what a change has done to the callers."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal

from bridge.audio.pcm import FRAME_MS
from bridge.lab.experience import FIGURES, NEUTRAL, in_words
from bridge.lab.outcome import Outcome, by_name
from bridge.lab.pages.rendering import write_page
from bridge.lab.pages.timeline import Timeline

Verdict = Literal["better", "worse", "same", "other"]
_SAME_MS = FRAME_MS
"""Times that differ by no more than a frame are the same: figures are to the frame."""


@dataclass(frozen=True)
class Difference:
    """One figure before and after."""

    label: str
    before: str
    after: str
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Pair:
    """One call in both runs, as both were."""

    before: Outcome
    after: Outcome

    @property
    def timelines(self) -> tuple[tuple[str, Outcome, Timeline], ...]:
        """Both, to one scale."""
        both = (("Before", self.before), ("After", self.after))
        longest_ms = max(outcome.report.lasted_ms for _, outcome in both)
        return tuple((when, each, Timeline(each.report, longest_ms)) for when, each in both)

    @property
    def differences(self) -> list[Difference]:
        """Every figure."""
        return [self._difference(name, label) for name, label in FIGURES.items()]

    def _difference(self, name: str, label: str) -> Difference:
        was, is_ = (getattr(o.experience, name) for o in (self.before, self.after))
        verdict, words = _compared(name, was, is_)
        return Difference(label, in_words(name, was), in_words(name, is_), verdict, words)

    @property
    def is_same(self) -> bool:
        """Whether the caller could not have told one from the other, and nothing else is wrong."""
        was, is_ = ([str(failure) for failure in o.all_failures] for o in (self.before, self.after))
        same = all(difference.verdict == "same" for difference in self.differences)
        return same and not self.lines and was == is_

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """What one run says and the other does not: `before` or `after`, who, and the words."""
        was, is_ = ([(s.who, s.text) for s in o.report.spells] for o in (self.before, self.after))
        return [
            (when, who, text)
            for code, i1, i2, j1, j2 in SequenceMatcher(
                None, was, is_, autojunk=False
            ).get_opcodes()
            if code != "equal"
            for when, lines in (("before", was[i1:i2]), ("after", is_[j1:j2]))
            for who, text in lines
        ]

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """Where it stands on the page: what fails now and did not, what fails, and the rest."""
        return (self.after.passed or not self.before.passed, self.after.passed, self.after.name)


def write_comparison(before: Iterable[Outcome], after: Iterable[Outcome], folder: Path) -> Path:
    """Write `comparison.html`: calls of two runs side by side, matched by name."""
    old, new = by_name(before), by_name(after)
    pairs = [Pair(old[name], new[name]) for name in old.keys() & new.keys()]
    pairs.sort(key=lambda pair: pair.rank)
    path = folder / "comparison.html"
    write_page(
        path,
        "comparison.html",
        pairs=pairs,
        names_of={
            "Only before": sorted(old.keys() - new.keys()),
            "Only after": sorted(new.keys() - old.keys()),
            "Passed, unchanged": [p.after.name for p in pairs if p.is_same and p.after.passed],
            "Failed, unchanged": [p.after.name for p in pairs if p.is_same and not p.after.passed],
        },
    )
    return path


def _compared(name: str, was: float | None, is_: float | None) -> tuple[Verdict, str]:
    if was is None or is_ is None:
        return ("same", "the same") if was is is_ else ("other", "gone" if is_ is None else "new")
    change = is_ - was
    scale = {"s": 1000, "ms": 1}.get(name.rpartition("_")[2])
    if not change or (scale and round(abs(change) * scale) <= _SAME_MS):
        return "same", "the same"
    amount = in_words(name, abs(change))
    if name in NEUTRAL:
        return "other", f"{amount} {'more' if change > 0 else 'less'}"
    return ("worse", f"worse by {amount}") if change > 0 else ("better", f"better by {amount}")
