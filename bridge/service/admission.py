"""What becomes of a ringing call: decided before it is answered, and without asking anybody."""

from collections.abc import Callable
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


Decision = Answer | Redirect | Reject


def _now() -> datetime:
    return datetime.now(UTC)


class Admission:
    """Decides over the line that was dialled, the clock, the caller and the state of speech."""

    def __init__(
        self,
        flows: Flows,
        breaker: Breaker,
        prompts: Prompts,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.now = now
        """The time, in any zone."""
        self._flows = flows
        self._breaker = breaker
        self._prompts = prompts
        self._callers = Frequency()

    def decide(self, call: Call) -> Decision:
        """What is to be done with a call, whoever asks; it counts as one, however often asked."""
        line = self._flows.answering(call.dialled)
        if line is None:
            return Reject(Reason.NO_FLOW, RejectReason.FORBIDDEN)
        return self._refusal(line, call) or self._by_hours(line)

    def of_answered(self, call: Call) -> Answer | None:
        """The same for a call that another process has answered; None if no flow is for it."""
        decision = self.decide(call)
        return decision if isinstance(decision, Answer) else decision.otherwise

    def _refusal(self, line: Callflow, call: Call) -> Answer | None:
        limits = line.limits
        if call.caller in limits.blocked:
            why = "blocked"
        elif limits.calls_per_hour and self._callers.exceeds(limits.calls_per_hour, call):
            why = "too many calls"
        else:
            return None
        return Answer(line, Instead(HangUp(say=limits.refusal), why))

    def _by_hours(self, line: Callflow) -> Decision:
        """Where another flow answers, its own hours count, too; that one names no third."""
        if line.hours is None or line.hours.at(self.now()):
            return self._by_speech(line)
        closed = line.hours.closed
        if isinstance(closed, str):
            return self._by_hours(self._flows.named(closed))
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


def _redirect(outcome: HangUp | Transfer | Voicemail, answer: Answer, why: str) -> Redirect | None:
    """Have a call redirected that nobody must hear a word of first, on either side."""
    if isinstance(outcome, Transfer) and not (outcome.say or outcome.brief or outcome.headers):
        return Redirect(outcome.to, why, answer)
    return None
