"""What calls do, in the words of the pages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bridge.flow.ended import Said
from bridge.service.floor.moments import Moment

WHAT: Mapping[str, tuple[str, str]] = {
    "ringing": ("ringing", ""),
    "connecting": ("connecting", ""),
    "greeting": ("greeting", "accent"),
    "listening": ("listening", ""),
    "thinking": ("thinking", "wait"),
    "speaking": ("speaking", "accent"),
    "tool": ("tool at work", "wait"),
    "interim": ("covering a wait", "wait"),
    "digits": ("taking digits", ""),
    "transferring": ("transferring", "wait"),
    "voicemail": ("taking a message", ""),
    "ending": ("ending", ""),
}
"""What a call does: in words, and how it is coloured beside them."""

DID = {
    "end": "The call is being ended.",
    "transfer": "The caller is being connected.",
    "say": "The line says it as soon as nobody speaks.",
}
"""What is told after an operator's deed."""

SPEAKERS = {"caller": "Caller", "agent": "Agent", "line": "Line"}

KINDS: Mapping[str, str] = {
    "caller": "caller speaks",
    "agent": "agent speaks",
    "line": "the line speaks",
    "interim": "interim line",
    "tool": "tool",
    "wait": "wait",
    "digits": "asks for digits",
    "key": "key pressed",
    "hang_up": "hangs up",
    "transfer": "transfer",
    "hold": "on hold",
    "voice": "speech is ready",
    "operator": "operator",
}
"""Kinds of what is on a timeline, in words."""


@dataclass(frozen=True)
class Line:
    """Something that was said."""

    number: int
    at_s: float
    by: str
    kind: str
    text: str
    heard: str | None


@dataclass(frozen=True)
class Bar:
    """Something on the timeline."""

    number: int
    at_s: float
    what: str
    kind: str
    detail: str
    lasted_s: float | None


def lines_of(said: Iterable[Said]) -> list[Line]:
    """What was said, the first first."""
    return [
        Line(n, each.at_s, SPEAKERS[each.by], each.by, each.text, each.heard)
        for n, each in enumerate(said)
    ]


def moments_of(timeline: Iterable[Moment]) -> list[Bar]:
    """What has happened, the first first."""
    return [
        Bar(
            moment.number,
            moment.from_ms / 1000,
            KINDS.get(moment.kind, moment.kind),
            moment.kind,
            ", ".join(_detail(moment)),
            None if moment.to_ms is None else (moment.to_ms - moment.from_ms) / 1000,
        )
        for moment in timeline
    ]


def _detail(moment: Moment) -> Iterator[str]:
    if moment.name:
        yield moment.name
    if moment.outcome:
        yield moment.outcome.replace("_", " ")
    if moment.dead_air_ms is not None:
        yield f"{moment.dead_air_ms / 1000:.1f} s of silence first"
