"""What there is to know of the flows that answer: the version that serves, a trial, a refusal."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bridge.flow.call import Call
from bridge.flow.numbers import is_e164
from bridge.service.flows import Flows
from bridge.service.numbers.reading import Problem
from bridge.service.numbers.versions import VersionLine

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

    @classmethod
    def of(cls, line: VersionLine, flows: Flows, text: str, *, on_trial: bool = False) -> "Version":
        """One that is remembered, with its flows."""
        return cls(line.number, flows, text, line.at, line.by, line.note, on_trial)


@dataclass(frozen=True)
class Trial:
    """A second version, which answers some callers."""

    version: Version
    percent: int
    """Of callers, 1 to 99; whoever calls again meets the same version."""

    def takes(self, call: Call) -> bool:
        """Whether it answers: alike for one caller, in every process.

        For those who withhold their number, it is drawn for each call.
        """
        who = call.caller if is_e164(call.caller) else call.correlation_id
        drawn = hashlib.sha256(f"{self.version.number} {who}".encode()).digest()
        return int.from_bytes(drawn[:8]) % 100 < self.percent


@dataclass(frozen=True)
class Refusal:
    """A change that does not serve."""

    source: str
    """`file`, `flows`, or the name of an operator."""
    problems: list[Problem]
    at: datetime


def kind_of(by: str) -> str:
    """Who did it, without a name."""
    return by if by in (BY_FILE, BY_FLOWS) else "operator"


class Stale(Exception):
    """Another version serves by now than the one that was changed."""
