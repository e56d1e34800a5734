"""The timeline of a call as operators see it, while it lasts and after it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.call.common import OneCall
from bridge.call.timeline import SOUNDS, Entry


@dataclass(frozen=True)
class Moment:
    """An entry of the timeline."""

    number: int
    """Counts from 0, from the beginning of the call."""
    kind: str
    """As in `bridge.call.timeline`."""
    from_ms: int
    """From the opening of the media."""
    to_ms: int | None
    """None while it goes on; with the call, all ends."""
    name: str = ""
    """Of a tool, or of what an operator did."""
    outcome: str = ""
    dead_air_ms: int | None = None
    """Of a wait that is over: silence until the first sound."""


def moments(one: OneCall, now_s: float) -> Iterator[Moment]:
    """What has happened in a call up to a time of the loop, in the order in which it was noted."""
    timeline, over_s = one.timeline, one.timeline.over_s
    until_s = now_s if over_s is None else min(now_s, over_s)
    first = timeline.begun - len(timeline.entries)
    for number, entry in enumerate(timeline.entries, first):
        is_sound = entry.kind in SOUNDS
        if entry.from_s > until_s:
            continue  # the caller would hear it later
        ends_s = _heard_to(one, entry) if is_sound else entry.to_s
        if is_sound and ends_s == entry.from_s:
            continue  # it was cut before its beginning
        to_s = ends_s if ends_s is not None and ends_s <= until_s else over_s
        yield Moment(
            number,
            entry.kind,
            from_ms=_ms(entry.from_s - timeline.began_s),
            to_ms=None if to_s is None else _ms(to_s - timeline.began_s),
            name="" if is_sound else entry.name,
            outcome=entry.outcome,
            dead_air_ms=entry.wait.dead_air_ms if entry.wait else None,
        )


def _heard_to(one: OneCall, entry: Entry) -> float:
    """When the caller has heard it, or would have, had the call not ended."""
    return entry.from_s + one.transcript.heard_ms(entry.name) / 1000


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
