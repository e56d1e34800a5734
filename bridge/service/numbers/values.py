"""What there is to know of the flows that answer: the version that serves, a trial, a refusal."""

from dataclasses import dataclass
from datetime import datetime

from bridge.service.flows import Flows
from bridge.service.numbers.reading import Problem

BY_FILE, BY_FLOWS = "file", "flows"
"""Who made a version that was found on disk: in the file, or in the modules of flows."""


@dataclass(frozen=True)
class Version:
    """The operators' file as it was at one time, and the flows by it."""

    number: int
    """From 1; 0 before any is remembered."""
    flows: Flows
    text: str
    at: datetime
    by: str
    """An operator's name, `file` or `flows`."""
    note: str = ""
    on_trial: bool = False


@dataclass(frozen=True)
class Trial:
    """A second version, which answers some callers."""

    version: Version
    percent: int
    """Of callers, 1 to 99; whoever calls again meets the same version."""


@dataclass(frozen=True)
class Refusal:
    """A change that does not serve."""

    source: str
    """`file`, `flows`, or the name of an operator."""
    problems: list[Problem]
    at: datetime


class Stale(Exception):
    """Another version serves by now than the one that was changed."""
