"""A live call as operators see it: values that are compared, masked and sent, and hold nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.call.common import OneCall
from bridge.flow.ended import Said, masked_lines
from bridge.service.floor.doing import Doing, WallClock, doing
from bridge.service.floor.moments import Moment, moments
from bridge.service.privacy import masked_number
from bridge.service.register import Answered


@dataclass(frozen=True)
class Figures:
    """Counts of one call so far."""

    caller_turns: int = 0
    answer_ms: int | None = None
    """How long the caller last waited for an answer."""
    tools: int = 0
    waits: int = 0
    barge_ins: int = 0
    reprompts: int = 0
    reconnects: int = 0
    stalls: int = 0


@dataclass(frozen=True)
class LiveCall:
    """One call in progress. It changes when something happens, and not because time passes."""

    id: str
    flow: str
    caller: str = field(repr=False)
    dialled: str
    began_at: datetime
    doing: Doing
    dead_air_since: datetime | None
    """Since when a caller who waits hears nothing; None where it is not so."""
    dead_air_ms: int
    """The longest such silence before."""
    figures: Figures
    version: int = 0
    """Of the operators' file."""
    on_trial: bool = False
    """Whether that is a version on trial."""
    is_placed: bool = False
    """Whether the line has called, and not been called."""
    is_phone: bool = False
    """Whether somebody calls from the console's own telephone."""

    def masked(self) -> "LiveCall":
        """The same for those who may not see who calls."""
        return replace(self, caller=masked_number(self.caller))


@dataclass(frozen=True)
class LiveDetail:
    """One call in progress, and what has happened in it."""

    call: LiveCall
    said: tuple[Said, ...] = ()
    timeline: tuple[Moment, ...] = ()
    forgotten: int = 0
    """How many of the first moments are kept no more."""
    takes_lines: bool = False
    """Whether a line may be said and the caller transferred now; ended, a call may be always."""

    def masked(self) -> "LiveDetail":
        """The same for those who may see neither who calls nor which numbers they say."""
        return replace(self, call=self.call.masked(), said=tuple(masked_lines(self.said)))


def live_call(answered: Answered, clock: WallClock) -> LiveCall:
    """What is to be seen of a call now."""
    call, one = answered.call, answered.one
    since_s = one.timeline.dead_air_since_s if one else None
    return LiveCall(
        id=call.id,
        flow=answered.flow_name,
        caller=call.caller,
        dialled=call.dialled,
        began_at=clock.at(answered.began_s),
        doing=doing(answered, clock),
        dead_air_since=None if since_s is None else clock.at(since_s),
        dead_air_ms=one.timeline.dead_air_ms if one else 0,
        figures=_figures(one) if one else Figures(),
        version=answered.version.number,
        on_trial=answered.version.on_trial,
        is_placed=answered.is_placed,
        is_phone=answered.carrier.is_softphone,
    )


def _figures(one: OneCall) -> Figures:
    record = one.record
    return Figures(
        caller_turns=record.caller_turns,
        answer_ms=record.turns[-1].heard_ms if record.turns else None,
        tools=len(record.tools),
        waits=len(record.waits),
        barge_ins=record.barge_ins,
        reprompts=record.reprompts,
        reconnects=record.reconnects,
        stalls=record.stalls,
    )


def live_detail(answered: Answered, call: LiveCall, clock: WallClock) -> LiveDetail:
    """What is to be seen of a call, and of what has happened in it."""
    one = answered.one
    if one is None:
        return LiveDetail(call)
    return LiveDetail(
        call,
        said=tuple(one.transcript.said()),
        timeline=tuple(moments(one, clock.now_s)),
        forgotten=one.timeline.begun - len(one.timeline.entries),
        takes_lines=one.orders.are_followed and not one.parting.under_way,
    )
