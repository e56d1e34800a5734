"""One more call fits, or it is said of what there is not enough."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Callflow, Limits
from bridge.call.pace import Rank
from bridge.service.capacity import QUEUE_S, Capacity, CapacityLimits, Shortage
from bridge.service.load import TICK_S, TICKS

FLOW = Callflow(number="+18005550100")
SMALL = Callflow(number="+18005550101", limits=Limits(most_calls=2))


def capacity(**limits: int) -> Capacity:
    return Capacity(CapacityLimits(**limits))


def missing(of: Capacity, flow: Callflow, *served: Callflow, told: int = 0) -> Shortage | None:
    return of.shortage(flow, served, len(served) + told)


def works_hard(of: Capacity) -> None:
    for _ in range(TICKS):
        of.load.note(TICK_S, TICK_S)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"most_calls": 0}, "most_calls is 1 or more"),
        ({"sessions_a_minute": -1}, "sessions_a_minute is 1 or more, or 0"),
    ],
)
def test_limits_that_mean_nothing_are_refused(wrong: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CapacityLimits(**wrong)


async def test_a_process_has_so_many_calls_and_no_more() -> None:
    of = capacity(most_calls=3)
    assert missing(of, FLOW, FLOW, FLOW) is None
    assert missing(of, FLOW, FLOW, FLOW, FLOW) is Shortage.FULL


async def test_those_who_are_only_told_something_leave_room_for_calls_up_to_a_quarter() -> None:
    of = capacity(most_calls=8)
    assert missing(of, FLOW, *[FLOW] * 7, told=2) is None
    assert missing(of, FLOW, *[FLOW] * 7, told=3) is Shortage.FULL
    assert of.can_tell(9)
    assert not of.can_tell(10)
    assert capacity(most_calls=1).can_tell(1), "one at the least"


async def test_a_busy_process_takes_no_more() -> None:
    of = capacity()
    works_hard(of)
    assert missing(of, FLOW) is Shortage.BUSY_PROCESS


async def test_a_line_has_so_many_calls_as_its_flow_allows() -> None:
    of = capacity()
    assert missing(of, SMALL, SMALL, *[FLOW] * 9) is None
    assert missing(of, SMALL, SMALL, SMALL) is Shortage.QUOTA
    assert missing(of, FLOW, SMALL, SMALL) is None


async def test_a_call_is_let_in_that_will_have_its_session_soon() -> None:
    of = capacity(sessions_a_minute=5)
    for _ in range(4):
        await of.pace.turn(Rank.FIRST)
    assert missing(of, FLOW) is Shortage.SESSIONS
    await asyncio.sleep(60 - QUEUE_S - 0.1)
    assert missing(of, FLOW) is Shortage.SESSIONS
    await asyncio.sleep(0.2)
    assert missing(of, FLOW) is None


async def test_what_an_operator_sets_holds_for_the_next_call() -> None:
    of = capacity(most_calls=3, sessions_a_minute=1)
    await of.pace.turn(Rank.FIRST)
    assert missing(of, FLOW) is Shortage.SESSIONS
    of.limits = CapacityLimits(most_calls=1, sessions_a_minute=0)
    assert of.limits.most_calls == 1
    assert missing(of, FLOW) is None
    assert missing(of, FLOW, FLOW, FLOW) is Shortage.FULL, "two go on"


steps = st.lists(
    st.sampled_from(["rings", "hangs up", "hears a notice", "has heard it"]), max_size=300
)


@given(st.integers(1, 12), steps)
@settings(deadline=None)
async def test_whoever_comes_and_goes_no_more_are_served_than_fit(
    most: int, steps: list[str]
) -> None:
    of = capacity(most_calls=most, sessions_a_minute=0)
    served, told = list[Callflow](), 0
    for step in steps:
        match step:
            case "rings" if missing(of, FLOW, *served, told=told) is None:
                served.append(FLOW)
            case "hangs up" if served:
                served.pop()
            case "hears a notice" if of.can_tell(len(served) + told):
                told += 1
            case "has heard it" if told:
                told -= 1
        assert len(served) <= most
        assert len(served) + told <= most + -(-most // 4)


def test_only_what_is_short_is_counted() -> None:
    of = capacity()
    for why in (Shortage.FULL, "closed", Shortage.FULL, "", Shortage.QUOTA):
        of.count_turned_away(why)
    assert of.turned_away == {Shortage.FULL: 2, Shortage.QUOTA: 1}
