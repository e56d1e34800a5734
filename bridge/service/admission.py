"""What becomes of a ringing call: decided before it is answered, and without asking anybody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bridge.acs.calls import RejectReason
from bridge.call.breaker import Breaker
from bridge.call.ends import Reason
from bridge.call.prompts import Prompts
from bridge.call.session import Instead
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.flow.outcomes import HangUp, Transfer, Voicemail
from bridge.flow.prompts import said
from bridge.service.capacity import Capacity, Shortage
from bridge.service.flows import Flows
from bridge.service.frequency import Frequency

CLOSED, SPEECH_DOWN = "closed", "speech is down"


@dataclass(frozen=True)
class Answer:
    """The flow that answers, and what the caller gets in place of its agent."""

    flow: Callflow
    instead: Instead | None = None


@dataclass(frozen=True)
class Redirect:
    """Another telephone is to ring in place of ours."""

    to: str
    why: str
    otherwise: Answer
    """Where the call is answered already, or ACS does not redirect it."""


@dataclass(frozen=True)
class Reject:
    """The call is turned down."""

    reason: Reason
    told: RejectReason
    otherwise: Answer | None = None
    """Where the call is answered already."""
    why: str = ""


Decision = Answer | Redirect | Reject


def _now() -> datetime:
    return datetime.now(UTC)


class Admission:
    """Decides over the line dialled, the clock, the caller, the state of speech and capacity."""

    def __init__(
        self,
        breaker: Breaker,
        prompts: Prompts,
        capacity: Capacity,
        answers: Callable[[], Sequence[Answer]],
        now: Callable[[], datetime] = _now,
    ) -> None:
        """Decide; `answers` tells how each call in progress was answered."""
        self.now = now
        """The time, in any zone."""
        self._breaker = breaker
        self._prompts = prompts
        self._capacity = capacity
        self._answers = answers
        self._callers = Frequency()

    def decide(self, call: Call, flows: Flows) -> Decision:
        """What is to be done with a call, whoever asks; it counts as one, however often asked."""
        decision = self._wanted(call, flows)
        if not isinstance(decision, Answer):
            return decision
        if decision.instead:
            return self.told(decision)
        if why := self.shortage(decision.flow):
            return self.turned_away(call, decision.flow, why)
        return decision

    def turned_away(self, call: Call, flow: Callflow, why: Shortage) -> Decision:
        """What is to be done with a call of `flow` that does not fit."""
        self._callers.forget(call)  # who is not served may try again
        return self._overflow(flow, why)

    def of_answered(self, call: Call, flows: Flows, why: str = "") -> Answer | None:
        """The same for a call that another process has answered; None if no flow is for it.

        Somebody is on the line already: it is taken, whether it fits or not. `why` the other did
        not serve it, holds on where it was for want of capacity.
        """
        decision = self._wanted(call, flows)
        answer = decision if isinstance(decision, Answer) else decision.otherwise
        if answer and not answer.instead and why in set(Shortage):
            return Answer(answer.flow, Instead(answer.flow.limits.overflow, why))
        return answer

    def told(self, answer: Answer) -> Answer | Reject:
        """An answer that only tells the caller something, where there is room for that."""
        return answer if self._can_tell else _busy(Shortage.FULL)

    def shortage(self, flow: Callflow) -> Shortage | None:
        """What is missing to serve one more call of `flow`, or None."""
        answers = self._answers()
        served = [answer.flow for answer in answers if answer.instead is None]
        return self._capacity.shortage(flow, served, len(answers))

    def _wanted(self, call: Call, flows: Flows) -> Decision:
        """What is to be done if there is room for it."""
        line = flows.answering(call.dialled)
        if line is None:
            return Reject(Reason.NO_FLOW, RejectReason.FORBIDDEN)
        return self._refusal(line, call) or self._by_hours(line, flows)

    def _refusal(self, line: Callflow, call: Call) -> Answer | None:
        limits = line.limits
        if call.caller in limits.blocked:
            why = "blocked"
        elif limits.calls_per_hour and self._callers.exceeds(limits.calls_per_hour, call):
            why = "too many calls"
        else:
            return None
        return Answer(line, Instead(HangUp(say=limits.refusal), why))

    def _by_hours(self, line: Callflow, flows: Flows) -> Decision:
        """Where another flow answers, its own hours count, too; that one names no third."""
        if line.hours is None or line.hours.at(self.now()):
            return self._by_speech(line)
        closed = line.hours.closed
        if isinstance(closed, str):
            return self._by_hours(flows.named(closed), flows)
        answer = Answer(line, Instead(closed, CLOSED))
        if isinstance(closed, HangUp) and not closed.say:
            return Reject(Reason.CLOSED, RejectReason.BUSY, answer)
        return _redirect(closed, answer, CLOSED) or answer

    def _by_speech(self, flow: Callflow) -> Decision:
        if self._breaker.lets_through():
            return Answer(flow)
        then, say = flow.fallback.then, flow.fallback.say
        answer = Answer(flow, Instead(replace(then, say=say), SPEECH_DOWN))
        if redirect := _redirect(then, answer, SPEECH_DOWN):
            return redirect
        is_rendered = self._prompts.clip(flow, say) is not None
        return answer if is_rendered else Answer(flow)  # which tries for as long as one can wait

    def _overflow(self, flow: Callflow, why: Shortage) -> Decision:
        """What the flow does with a call that does not fit; no session is opened for it."""
        overflow = flow.limits.overflow
        answer = Answer(flow, Instead(overflow, why))
        if redirect := _redirect(overflow, answer, why):
            return redirect
        is_silent = isinstance(overflow, HangUp) and not overflow.say
        is_rendered = all(self._prompts.clip(flow, text) for text in said(overflow) if text)
        if is_rendered and self._can_tell and not is_silent:
            return answer
        if isinstance(overflow, Transfer):  # which costs no more than to turn the caller down
            return Redirect(overflow.to, why, Answer(flow, Instead(Transfer(overflow.to), why)))
        return _busy(why)

    @property
    def _can_tell(self) -> bool:
        return self._capacity.can_tell(len(self._answers()))


def _busy(why: Shortage) -> Reject:
    return Reject(Reason.NO_CAPACITY, RejectReason.BUSY, why=why)


def _redirect(outcome: HangUp | Transfer | Voicemail, answer: Answer, why: str) -> Redirect | None:
    """Have a call redirected that nobody must hear a word of first, on either side."""
    if isinstance(outcome, Transfer) and not (outcome.say or outcome.brief or outcome.headers):
        return Redirect(outcome.to, why, answer)
    return None
