"""No more sessions within a minute than are allowed, and calls in progress come first."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import Callflow
from bridge.call.breaker import TRY_S, Breaker
from bridge.call.legs import VoiceUnreachable
from bridge.call.pace import MINUTE_S, Pace, PromptSessions, Rank, SessionsOfCall
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from tests.call.sessions import now_s, voices_of

FLOW = Callflow(number="+18005550100")
SOON_S = 3.0


@pytest.fixture
async def service(studio: Studio) -> AsyncIterator[VoiceLiveStandIn]:
    async with VoiceLiveStandIn(studio) as running:
        yield running


class Log:
    """When sessions of which rank began, and how long those waited who had been let in."""

    def __init__(self, pace: Pace) -> None:
        self.begun: list[tuple[float, Rank]] = []
        self.waited_s: list[float] = []
        self._pace = pace

    async def begins(self, rank: Rank) -> None:
        await self._pace.turn(rank)
        self.begun.append((now_s(), rank))

    async def is_let_in(self, after_s: float) -> None:
        """A call whose media takes a while to open."""
        await asyncio.sleep(after_s)
        asked_s = now_s()
        await self.begins(Rank.FIRST)
        self._pace.unbook()
        self.waited_s.append(now_s() - asked_s)

    def most_in_a_minute(self) -> int:
        """Of any minute that ends with the beginning of a session."""
        return max((sum(self._in_minute(at_s)) for at_s, _ in self.begun), default=0)

    def most_before(self, rank: Rank) -> int:
        """The same as those of a rank saw it: of one moment, each rank sees its own."""
        seen = [
            sum(
                is_in and (other_s < at_s or other is rank)
                for is_in, (other_s, other) in zip(self._in_minute(at_s), self.begun, strict=True)
            )
            for at_s, each in self.begun
            if each is rank
        ]
        return max(seen, default=0)

    def _in_minute(self, at_s: float) -> list[bool]:
        return [other_s <= at_s < other_s + MINUTE_S for other_s, _ in self.begun]


arrivals = st.lists(
    st.tuples(
        st.floats(0, 5) | st.just(0.0) | st.floats(50, 61),
        st.sampled_from(Rank),
        st.floats(0, 2),
    ),
    max_size=150,
)


async def lived_through(arrivals: list[tuple[float, Rank, float]], pace: Pace) -> Log:
    """Let in who will have a session soon; their media, and they, take a while."""
    seen = Log(pace)
    async with asyncio.TaskGroup() as sessions:
        for pause_s, rank, media_s in arrivals:
            await asyncio.sleep(pause_s)
            if rank is not Rank.FIRST:
                sessions.create_task(seen.begins(rank))
            elif pace.wait_s() <= SOON_S:
                pace.book()
                sessions.create_task(seen.is_let_in(media_s))
    return seen


@given(st.integers(1, 12), arrivals)
@settings(deadline=None)
async def test_no_minute_has_more_sessions_than_each_may_have(
    a_minute: int, arrivals: list[tuple[float, Rank, float]]
) -> None:
    seen = await lived_through(arrivals, Pace(a_minute))
    assert seen.most_in_a_minute() <= a_minute
    assert seen.most_before(Rank.FIRST) <= a_minute - a_minute // 5
    assert seen.most_before(Rank.PROMPT) <= max(1, a_minute // 5)


@given(st.integers(1, 12), arrivals)
@settings(deadline=None)
async def test_who_is_let_in_has_a_session_soon_where_none_is_lost(
    a_minute: int, arrivals: list[tuple[float, Rank, float]]
) -> None:
    none_lost = [arrival for arrival in arrivals if arrival[1] is not Rank.AGAIN]
    seen = await lived_through(none_lost, Pace(a_minute))
    assert all(waited_s <= SOON_S + 1e-6 for waited_s in seen.waited_s)


async def test_calls_in_progress_come_first_and_have_a_fifth_to_themselves() -> None:
    pace, order = Pace(10), list[str]()

    async def begins(name: str, rank: Rank) -> None:
        await pace.turn(rank)
        order.append(name)

    async with asyncio.TaskGroup() as sessions:
        for number in range(10):
            sessions.create_task(begins(f"first {number}", Rank.FIRST))
        await asyncio.sleep(1)
        assert order == [f"first {number}" for number in range(8)]
        sessions.create_task(begins("again", Rank.AGAIN))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order[8:] == ["again"], "at once"
        for rank in (Rank.PROMPT, Rank.AGAIN, Rank.AGAIN):
            sessions.create_task(begins(rank.name, rank))
    assert order[9:] == ["AGAIN", "AGAIN", "first 8", "first 9", "PROMPT"]


async def test_it_is_told_how_long_one_more_call_would_wait() -> None:
    pace = Pace(5)
    assert (pace.wait_s(), pace.free()) == (0, 4)
    for _ in range(3):
        await pace.turn(Rank.FIRST)
        await asyncio.sleep(10)
    pace.book()
    assert (pace.wait_s(), pace.free()) == (30, 0), "until the first is a minute old"
    pace.unbook()
    assert (pace.wait_s(), pace.free()) == (0, 1)


async def test_calls_in_progress_that_wait_come_before_one_more_call() -> None:
    pace = Pace(5)
    for _ in range(5):
        await pace.turn(Rank.AGAIN)
        await asyncio.sleep(10)
    assert pace.wait_s() == 20, "until two have left the minute"
    waiting = [asyncio.create_task(pace.turn(Rank.AGAIN)) for _ in range(2)]
    await asyncio.sleep(0)
    assert pace.wait_s() == 40
    await asyncio.gather(*waiting)


async def test_a_turn_that_nobody_waits_for_any_more_is_not_taken() -> None:
    pace = Pace(1)
    await pace.turn(Rank.FIRST)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(8):
            await pace.turn(Rank.FIRST)
    began_s = now_s()
    await pace.turn(Rank.FIRST)
    assert now_s() - began_s == pytest.approx(MINUTE_S - 8)


async def test_a_limit_that_is_raised_lets_in_who_waits() -> None:
    pace = Pace(1)
    await pace.turn(Rank.AGAIN)
    waiting = asyncio.create_task(pace.turn(Rank.AGAIN))
    await asyncio.sleep(1)
    assert not waiting.done()
    pace.a_minute = 2
    await asyncio.wait_for(waiting, 0.1)
    pace.a_minute = 0
    for _ in range(1_000):
        await asyncio.wait_for(pace.turn(Rank.PROMPT), 0.1)
    assert pace.wait_s() == 0


async def test_prompts_leave_what_is_booked_to_the_call() -> None:
    pace = Pace(5)
    pace.book()
    rendering = asyncio.create_task(pace.turn(Rank.PROMPT))
    await asyncio.sleep(100)
    assert not rendering.done()
    pace.unbook()
    await asyncio.wait_for(rendering, 0.1)


async def test_a_call_books_its_first_session_and_comes_first_once_it_had_one(
    service: VoiceLiveStandIn,
) -> None:
    pace = Pace(5)
    breaker = Breaker(voices_of(service))
    calls = [SessionsOfCall(pace, breaker, is_booked=True) for _ in range(4)]
    assert pace.free() == 0
    for call in calls:
        async with call.connect(FLOW):
            assert pace.free() == 0
    began_s = now_s()
    async with calls[0].connect(FLOW):
        assert now_s() - began_s < 1, "from what is kept for calls in progress"
    calls.append(SessionsOfCall(pace, breaker, is_booked=False))
    async with calls[4].connect(FLOW):
        assert now_s() - began_s > 50
    for call in calls:
        call.release()
    await asyncio.sleep(MINUTE_S)
    assert pace.free() == 4


async def test_a_call_that_ends_before_its_session_gives_its_booking_back(
    service: VoiceLiveStandIn,
) -> None:
    pace = Pace(5)
    call = SessionsOfCall(pace, Breaker(voices_of(service)), is_booked=True)
    assert pace.free() == 3
    call.release()
    call.release()
    assert pace.free() == 4


async def test_attempts_that_the_breaker_refuses_do_not_count(service: VoiceLiveStandIn) -> None:
    pace = Pace(50)
    breaker = Breaker(voices_of(service))
    service.switches = Switches(handshake=503)
    call = SessionsOfCall(pace, breaker, is_booked=False)

    async def fails() -> None:
        with pytest.raises(VoiceUnreachable):
            async with call.connect(FLOW):
                raise AssertionError

    while not breaker.is_open:
        await fails()
    free = pace.free()
    for _ in range(20):
        await fails()
    assert pace.free() == free
    await asyncio.sleep(TRY_S)
    await fails()
    assert pace.free() == free - 1


async def test_prompts_are_rendered_when_calls_leave_a_session_over(
    service: VoiceLiveStandIn,
) -> None:
    pace = Pace(5)
    await pace.turn(Rank.FIRST)
    async with PromptSessions(pace, voices_of(service)).connect(FLOW) as leg:
        assert leg.output_rate_hz
        assert now_s() >= MINUTE_S


async def test_sessions_that_other_processes_have_begun_count_for_as_long_as_ones_own() -> None:
    pace, began_s = Pace(10), now_s()
    pace.elsewhere_s = [began_s - 50, began_s - 30, began_s]
    assert pace.free() == 5
    for _ in range(5):
        await pace.turn(Rank.FIRST)
    assert pace.wait_s() == 10, "until the first of them is a minute old"
    await pace.turn(Rank.FIRST)
    assert now_s() - began_s == 10
    await asyncio.sleep(MINUTE_S)
    assert pace.free() == 8


async def test_whoever_counts_is_told_of_each_session_and_of_the_call_that_it_is_the_first_of(
    service: VoiceLiveStandIn,
) -> None:
    pace = Pace(0)
    told: list[str] = []
    pace.begun = told.append
    call = SessionsOfCall(pace, Breaker(voices_of(service)), is_booked=True, call_id="a1")
    for _ in range(2):
        async with call.connect(FLOW):
            pass
    notice = SessionsOfCall(pace, Breaker(voices_of(service)), is_booked=False, call_id="a2")
    async with notice.connect(FLOW):
        pass
    assert told == ["a1", "", ""], "a call that is only told something was not counted before"
