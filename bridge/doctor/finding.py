"""What a check found. No secret, no token and no telephone number is ever part of it."""

from dataclasses import dataclass
from enum import StrEnum

PATIENCE_S = 5.0
"""Bound on every check that waits for somebody."""


class Verdict(StrEnum):
    """What a finding means for calls."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as it should in production."""
    PROBLEM = "problem"
    """Calls fail by it, or come to whom they should not."""
    SKIPPED = "skipped"
    """It was not looked at, or cannot be seen from here."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """Of the thing: a variable's name where it has one."""
    verdict: Verdict
    says: str
    remedy: str = ""
    """What mends it, in a sentence."""


def ok(name: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(name, Verdict.OK, says)


def warning(name: str, says: str, remedy: str) -> Finding:
    """It works, but not as it should in production."""
    return Finding(name, Verdict.WARNING, says, remedy)


def problem(name: str, says: str, remedy: str) -> Finding:
    """Calls fail by it, or come to whom they should not."""
    return Finding(name, Verdict.PROBLEM, says, remedy)


def skipped(name: str, why: str, remedy: str = "") -> Finding:
    """It was not looked at, or cannot be seen from here."""
    return Finding(name, Verdict.SKIPPED, why, remedy)
