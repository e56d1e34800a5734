"""What is told of versions at the doors: to readers, without the numbers of callers."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.service.numbers.editing import overrides_in
from bridge.service.numbers.fields import Field, fields_of
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import NUMBERS, Problem
from bridge.service.numbers.values import Refusal, Version
from bridge.service.numbers.versions import VersionLine
from bridge.service.privacy import without_numbers


@dataclass(frozen=True)
class VersionTold:
    """Who made a version, and when."""

    number: int
    at: datetime
    by: str
    """An operator's name; `file` for what was found on disk, `flows` where call flows changed."""
    note: str

    @classmethod
    def of(cls, version: Version | VersionLine) -> "VersionTold":
        """The same, without its flows."""
        return cls(version.number, version.at, version.by, version.note)


@dataclass(frozen=True)
class VersionText:
    """A version with its text."""

    version: VersionTold
    text: str


@dataclass(frozen=True)
class VersionList:
    """Versions, the newest first."""

    versions: list[VersionTold]


@dataclass(frozen=True)
class TrialTold:
    """A version that some callers meet."""

    version: VersionTold
    percent: int


@dataclass(frozen=True)
class TrialState:
    """What is on trial, if anything."""

    trial: TrialTold | None

    @classmethod
    def of(cls, lines: Lines) -> "TrialState":
        """As it is now."""
        tried = lines.trial
        return cls(TrialTold(VersionTold.of(tried.version), tried.percent) if tried else None)


@dataclass(frozen=True)
class Problems:
    """All that is wrong with a file."""

    problems: list[Problem]


@dataclass(frozen=True)
class NumberTold:
    """Who answers one number."""

    number: str
    flow: str | None
    table: dict[str, Any] | None
    """What the file says of it; null where a module of call flows names it."""

    @classmethod
    def of(cls, lines: Lines, number: str) -> "NumberTold":
        """As it is now."""
        serving = lines.serving
        return cls(number, serving.flows.name_at(number), overrides_in(serving.text, number))


@dataclass(frozen=True)
class NumberDetail:
    """Who answers one number, and what operators may change of it."""

    number: NumberTold
    fields: list[Field]
    """As they are, and as the flow's author has them."""

    @classmethod
    def of(cls, lines: Lines, number: str) -> "NumberDetail | None":
        """As it is now; None if nobody answers."""
        told, flow = NumberTold.of(lines, number), lines.current.answering(number)
        if not flow or not told.flow:
            return None
        return cls(told, fields_of(flow, lines.authored.named(told.flow)))


@dataclass(frozen=True)
class NumbersTold:
    """Who answers which number, by which version, and what became of the last change."""

    version: VersionTold
    text: str
    """The file."""
    numbers: list[NumberTold]
    flows: list[str]
    """Names of all call flows."""
    trial: TrialTold | None
    refused: Refusal | None
    """The last change, if it was refused."""

    @classmethod
    def of(cls, lines: Lines) -> "NumbersTold":
        """As it is now."""
        serving = lines.serving
        return cls(
            VersionTold.of(serving),
            serving.text,
            [NumberTold.of(lines, number) for number in serving.flows.by_number],
            list(serving.flows.by_name),
            TrialState.of(lines).trial,
            lines.refused,
        )


def without_callers(told: str, lines: Lines, *texts: str) -> str:
    """A text without telephone numbers, but for those of lines, and of colleagues, in `texts`.

    Whoever reads it learns what the lines do, and not who is blocked, be it in a comment.
    """
    tried = [lines.trial.version.text] if lines.trial else []
    known = (*texts, lines.serving.text, *tried)
    ours = {own for text in known for own in _ours(tomllib.loads(text))}
    ours |= lines.current.by_number.keys()
    parts = re.split(f"({'|'.join(map(re.escape, sorted(ours)))})", told)
    return "".join(part if part in ours else without_numbers(part) for part in parts)


def _ours(content: Any) -> Iterator[str]:
    yield from content.get(NUMBERS, {}) if isinstance(content, dict) else ()
    items = content.values() if isinstance(content, dict) else content
    for item in items if isinstance(items, Iterable) and not isinstance(items, str) else ():
        if isinstance(item, dict) and isinstance(to := item.get("transfer"), str):
            yield to
        if isinstance(item, dict | list):
            yield from _ours(item)
