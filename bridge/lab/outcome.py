"""What became of one scripted call: what was expected, and what the caller got."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import orjson

from bridge.lab.budget import Budget, Failure
from bridge.lab.experience import Experience
from bridge.lab.report import CallReport

A_NAME = re.compile(r"\w[\w .+-]*")
"""What a call may be named."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One call of a run."""

    name: str
    """Unique in its run, and the name of its files: letters, digits, spaces and `_.+-`."""
    flow: str
    """The flow that was called; a report that is read again has it for its title."""
    report: CallReport
    failures: tuple[Failure, ...] = ()
    """Expectations that were not met."""
    budget: Budget = field(default_factory=Budget)
    seconds: float
    """What the call took to run."""
    flight: bytes = field(default=b"", repr=False)
    """The call's flight, as a file holds it."""

    def __post_init__(self) -> None:
        if not A_NAME.fullmatch(self.name):
            raise ValueError(f"A call cannot be named {self.name!r}: its files bear the name.")

    @cached_property
    def experience(self) -> Experience:
        """The caller's figures."""
        return Experience.of(self.report)

    @cached_property
    def all_failures(self) -> tuple[Failure, ...]:
        """Expectations that were not met, and budgets that were not kept."""
        return (*self.failures, *self.budget.broken_by(self.experience))

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.all_failures

    def as_json(self) -> dict[str, Any]:
        """Everything but the sound."""
        return {
            **self.report.as_json(),
            "flow": self.flow,
            "name": self.name,
            "passed": self.passed,
            "seconds": self.seconds,
            "failures": [asdict(failure) for failure in self.failures],
            "budget": self.budget.model_dump(exclude_none=True),
            "experience": asdict(self.experience),
        }

    def write(self, folder: Path) -> None:
        """Write `NAME.json`, the sound, `NAME.wav`, and the flight, `NAME.call`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.report.write_sound(folder / f"{self.name}.wav")
        if self.flight:
            (folder / f"{self.name}.call").write_bytes(self.flight)
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        (folder / f"{self.name}.json").write_bytes(orjson.dumps(self.as_json(), option=options))

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote, from its JSON and the sound beside it; the flight stays there."""
        figures = orjson.loads(path.read_bytes())
        return cls(
            name=figures["name"],
            flow=figures["flow"],
            report=CallReport.read(figures, path.with_name(f"{figures['name']}.wav")),
            failures=tuple(Failure(**failure) for failure in figures["failures"]),
            budget=Budget(**figures["budget"]),
            seconds=figures["seconds"],
        )

    @classmethod
    def read_all(cls, folder: Path) -> list[Self]:
        """The outcomes of a run, by name."""
        return [cls.read(path) for path in sorted(folder.glob("*.json"))]


def by_name(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Outcomes by their names; no two of a run may have the same."""
    found: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.name in found:
            raise ValueError(f"Two calls of a run are named {outcome.name!r}.")
        found[outcome.name] = outcome
    return found
