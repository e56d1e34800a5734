"""What is told of versions at the doors: to readers, without the numbers of callers."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from bridge.service.numbers.editing import overrides_in
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import NUMBERS, Problem
from bridge.service.numbers.values import Version
from bridge.service.numbers.versions import VersionLine
from bridge.service.privacy import without_numbers


def numbers(lines: Lines) -> dict[str, Any]:
    """Who answers which number, by which version, and how the last change fared."""
    serving = lines.serving
    return {
        "version": version(serving),
        "text": serving.text,
        "numbers": [number(lines, each) for each in serving.flows.by_number],
        "flows": list(serving.flows.by_name),
        **trial(lines),
        **refused(lines),
    }


def number(lines: Lines, dialled: str) -> dict[str, Any]:
    """Who answers one number, and what the file says of it."""
    serving = lines.serving
    table = overrides_in(serving.text, dialled)
    return {"number": dialled, "flow": serving.flows.name_at(dialled), "table": table}


def version(of: Version | VersionLine) -> dict[str, Any]:
    """Who made a version, and when."""
    return {"number": of.number, "at": of.at.isoformat(), "by": of.by, "note": of.note}


def trial(lines: Lines) -> dict[str, Any]:
    """What is on trial, if anything."""
    tried = lines.trial
    told = tried and {"version": version(tried.version), "percent": tried.percent}
    return {"trial": told}


def refused(lines: Lines) -> dict[str, Any]:
    """The last change, if it was refused."""
    refusal = lines.refused
    if not refusal:
        return {"refused": None}
    found = {"source": refusal.source, "at": refusal.at.isoformat()}
    return {"refused": found | problems(refusal.problems)}


def problems(found: Iterable[Problem]) -> dict[str, Any]:
    """What is wrong, and where."""
    return {"problems": [asdict(problem) for problem in found]}


def without_callers(told: str, *texts: str) -> str:
    """A text without telephone numbers, but for those of lines, and of colleagues, in `texts`.

    Whoever reads it learns what the lines do, and not who is blocked, be it in a comment.
    """
    ours = {own for text in texts for own in _ours(tomllib.loads(text))}
    if not ours:
        return without_numbers(told)
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
