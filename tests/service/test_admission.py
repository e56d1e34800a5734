"""What is decided about a call before anybody answers it, and again where nobody remembers."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge import Call, Callflow, HangUp, Hours, Limits, Transfer, Voicemail
from bridge.acs.calls import RejectReason
from bridge.call.breaker import Breaker
from bridge.call.ends import Reason
from bridge.call.session import Instead
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.service.admission import Admission, Answer, Decision, Redirect, Reject
from bridge.service.capacity import Capacity, CapacityLimits
from bridge.service.flows import Flows
from bridge.service.frequency import HOUR_S, MOST_CALLERS, Frequency
from bridge.service.prompts import PromptStore
from tests.service.prompts import client

NUMBER, NIGHT_NUMBER, JANE = "+18005550100", "+18005550101", "+14255550123"
CALL = Call("1", JANE, NUMBER, "c0ffee")
BY_DAY, BY_NIGHT = "2026-11-23T10:00", "2026-11-23T20:00"
ON = Transfer("+18005550199")


def line(closed: Any, number: str = NUMBER, week: str = "09:00-17:00", **more: Any) -> Callflow:
    hours = Hours(zone="UTC", week={"mon-sun": week}, closed=closed)
    return Callflow(number=number, hours=hours, **more)


@dataclass
class Decides:
    """Decides by the same flows each time."""

    admission: Admission
    flows: Flows

    def decide(self, call: Call) -> Decision:
        return self.admission.decide(call, self.flows)

    def of_answered(self, call: Call) -> Answer | None:
        return self.admission.of_answered(call, self.flows)


@pytest.fixture
def admission(service: VoiceLiveStandIn, store: PromptStore) -> Any:
    def make(at: str, **flows: Callflow) -> Decides:
        now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        breaker, capacity = Breaker(client(service)), Capacity(CapacityLimits())
        return Decides(Admission(breaker, store, capacity, list, lambda: now), Flows(flows))

    return make


@pytest.mark.parametrize(
    "closed", [ON, HangUp(), HangUp(say="Closed."), Voicemail("Leave a message.")]
)
async def test_a_call_that_another_process_has_answered_is_not_left_alone(
    admission: Any, closed: Any
) -> None:
    flow = line(closed)
    assert admission(BY_DAY, day=flow).of_answered(CALL) == Answer(flow)
    assert admission(BY_NIGHT, day=flow).of_answered(CALL) == Answer(
        flow, Instead(closed, "closed")
    )


async def test_a_number_without_a_flow_is_nobodys(admission: Any) -> None:
    stranger = Call("1", JANE, "+18005550177", "c0ffee")
    decides = admission(BY_DAY, day=line(ON))
    assert decides.decide(stranger) == Reject(Reason.NO_FLOW, RejectReason.FORBIDDEN)
    assert decides.of_answered(stranger) is None


async def test_the_flow_that_answers_at_night_has_hours_of_its_own(admission: Any) -> None:
    day, night = line("night"), line(ON, NIGHT_NUMBER, week="17:00-22:00")
    assert admission(BY_NIGHT, day=day, night=night).decide(CALL) == Answer(night)
    late = admission("2026-11-23T23:00", day=day, night=night).decide(CALL)
    assert late == Redirect(ON.to, "closed", Answer(night, Instead(ON, "closed")))


async def test_a_colleague_who_is_to_be_told_first_needs_an_answer(admission: Any) -> None:
    told = Transfer(ON.to, brief="A caller from the order line.", music="hold.wav")
    flow = line(told)
    assert admission(BY_NIGHT, day=flow).decide(CALL) == Answer(flow, Instead(told, "closed"))


async def test_who_is_blocked_is_so_at_night_too(admission: Any) -> None:
    flow = line(ON, limits=Limits(blocked=frozenset({JANE}), refusal="No."))
    assert admission(BY_NIGHT, day=flow).decide(CALL) == Answer(
        flow, Instead(HangUp(say="No."), "blocked")
    )


async def test_a_call_that_is_decided_about_twice_counts_once(admission: Any) -> None:
    flow = Callflow(number=NUMBER, limits=Limits(calls_per_hour=1, refusal="No."))
    decides = admission(BY_DAY, day=flow)
    again = Call("2", JANE, NUMBER, CALL.correlation_id)
    another = Call("3", JANE, NUMBER, "cafe")
    assert [decides.decide(call) for call in (CALL, again)] == [Answer(flow), Answer(flow)]
    assert decides.decide(another).instead.why == "too many calls"


async def test_lines_count_for_themselves() -> None:
    callers = Frequency()
    calls = [Call(number, JANE, number, number) for number in (NUMBER, NIGHT_NUMBER)]
    assert [callers.exceeds(1, call) for call in calls] == [False, False]


async def test_no_more_callers_are_remembered_than_fit() -> None:
    callers = Frequency()

    def calls(caller: int, which: str) -> bool:
        return callers.exceeds(1, Call(which, f"+1425{caller:07}", NUMBER, f"{caller} {which}"))

    for caller in range(MOST_CALLERS):
        assert not calls(caller, "first")
    assert calls(0, "second"), "which makes 1 the one who has not called for longest"
    assert not calls(MOST_CALLERS, "first")
    assert calls(0, "third")
    assert not calls(1, "second"), "forgotten"
    await asyncio.sleep(HOUR_S)
    assert not calls(0, "fourth")
