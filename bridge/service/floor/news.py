"""What is told of calls to somebody who knows them as they were, and what they know then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.flow.ended import Said
from bridge.service.floor.live import LiveCall, LiveDetail
from bridge.service.floor.moments import Moment

PING_S = 5.0
"""How often a stream says that it goes on, and so how soon it is noticed that nobody reads it."""

Board = Mapping[str, LiveCall]
"""Calls by their ids; each the same object as long as nothing has changed."""


@dataclass(frozen=True)
class Changes:
    """What is new on the floor."""

    now: datetime
    """By the clock of this process: what `since` is to be counted to."""
    calls: tuple[LiveCall, ...]
    """Those that began or changed."""
    gone: tuple[str, ...] = ()
    """The ids of those that ended."""
    missing: int = 0
    """How many other replicas do not answer; their calls are not among these."""


@dataclass(frozen=True)
class News:
    """What has changed in one call: of what was said and of the timeline, no more than that."""

    call: LiveCall
    said_from: int
    """The first line that is new or changed, counted from 0; those after it follow."""
    said: tuple[Said, ...]
    timeline: tuple[Moment, ...]
    """Those that are new, and those that changed, by their numbers."""
    forgotten: int
    takes_lines: bool


def merged(*boards: Board) -> dict[str, LiveCall]:
    """All calls. Whoever came to one last knows more of it: another had answered it before."""
    calls: dict[str, LiveCall] = {}
    for board in boards:
        for call in board.values():
            if call.id not in calls or calls[call.id].began_at < call.began_at:
                calls[call.id] = call
    return calls


def followed(before: Board, changes: Changes, *, is_first: bool) -> Board:
    """The calls after changes; the first of a stream are all there are."""
    stay = () if is_first else before.keys() - set(changes.gone)
    return {call_id: before[call_id] for call_id in stay} | {
        call.id: old if (old := before.get(call.id)) == call else call for call in changes.calls
    }


def news(before: LiveDetail | None, after: LiveDetail) -> News:
    """What to tell of a call to somebody who knows it as it was."""
    said = before.said if before else ()
    pairs = zip(said, after.said, strict=False)
    same = next((at for at, (old, new) in enumerate(pairs) if old != new), None)
    said_from = min(len(said), len(after.said)) if same is None else same
    known = {moment.number: moment for moment in before.timeline} if before else {}
    return News(
        after.call,
        said_from,
        after.said[said_from:],
        tuple(moment for moment in after.timeline if known.get(moment.number) != moment),
        after.forgotten,
        after.takes_lines,
    )


def told(before: LiveDetail | None, what: News) -> LiveDetail:
    """The call as somebody knows it who is told news of it."""
    said = before.said if before else ()
    timeline = {moment.number: moment for moment in before.timeline} if before else {}
    timeline |= {moment.number: moment for moment in what.timeline}
    return LiveDetail(
        what.call,
        said=said[: what.said_from] + what.said,
        timeline=tuple(timeline[n] for n in sorted(timeline) if n >= what.forgotten),
        forgotten=what.forgotten,
        takes_lines=what.takes_lines,
    )
