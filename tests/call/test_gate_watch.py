"""A response without a sign of life is given up, and no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.call.ends import CallEnd
from bridge.call.events import (
    AgentAudio,
    ResponseEnded,
    SpeechStarted,
    SpeechStopped,
)
from bridge.call.gate import ALREADY_ACTIVE, STALLED_S, Gate
from bridge.call.record import Record
from tests.call.test_gate import Asked, refusal


@asynccontextmanager
async def watched(
    asked: Asked, *, tools_at_work: bool = False
) -> AsyncIterator[tuple[Gate, asyncio.Task[CallEnd], Record, list[str]]]:
    record, told = Record(), list[str]()

    async def at_work(response_id: str) -> bool:
        told.append(response_id)
        return tools_at_work

    respond = asked("respond")
    gate = Gate(respond, asked.cancel, asked.give_up, record)
    watch = asyncio.create_task(gate.watch(at_work))
    try:
        yield gate, watch, record, told
    finally:
        watch.cancel()
        await asyncio.wait([watch])


ALMOST_S = STALLED_S - 0.1


def alive(response_id: str) -> AgentAudio:
    return AgentAudio(response_id, "item", b"")


async def test_a_response_that_never_ends_is_given_up_and_asked_for_again() -> None:
    asked = Asked()
    async with watched(asked) as (gate, watch, record, told):
        gate.started("stuck", None)
        await gate.ask(asked("line"))
        await asyncio.sleep(ALMOST_S)
        assert gate.active == {"stuck"}
        await asyncio.sleep(0.2)
        assert (gate.active, told, record.stalls) == (set(), ["stuck"], 1)
        assert asked.sent == ["cancel stuck", "respond"]
        gate.started("again", "respond")
        await gate.ended(ResponseEnded("again", "completed"))
        assert asked.sent == ["cancel stuck", "respond", "line"]
        assert not watch.done()


async def test_every_sign_of_life_puts_off_the_end() -> None:
    asked = Asked()
    async with watched(asked) as (gate, _, record, _):
        gate.started("long", None)
        for _ in range(5):
            await asyncio.sleep(ALMOST_S)
            gate.saw(alive("long"))
            gate.saw(alive("another"))
        assert (gate.active, record.stalls) == ({"long"}, 0)
        await gate.ended(ResponseEnded("long", "completed"))
        await asyncio.sleep(10 * STALLED_S)
        assert (asked.sent, record.stalls) == ([], 0)


async def test_a_fixed_line_that_stalls_is_not_said_again() -> None:
    asked = Asked()
    async with watched(asked) as (gate, watch, record, _):
        lost = await gate.ask(asked("line"))
        await asyncio.sleep(2 * STALLED_S)
        assert lost.is_set()
        assert (asked.sent, record.stalls) == (["line"], 1)
        stuck = await gate.ask(asked("another"))
        gate.started("r1", "another")
        await gate.ended(ResponseEnded("r1", "completed"))
        assert stuck.is_set()
        assert not watch.done()


@pytest.mark.parametrize("starts", [True, False])
async def test_a_session_whose_responses_stall_twice_in_a_row_is_given_up(*, starts: bool) -> None:
    asked = Asked()
    async with watched(asked) as (gate, watch, record, told):
        gate.started("r1", None)
        await asyncio.sleep(STALLED_S + 1)
        if starts:
            gate.started("r2", "respond")
            await asyncio.sleep(ALMOST_S)
        else:
            await asyncio.sleep(ALMOST_S - 1)
        assert asked.given_up == []
        await asyncio.sleep(0.2)
        assert asked.given_up == ["no response"]
        assert (asked.sent, told, record.stalls) == (["cancel r1", "respond"], ["r1"], 2)
        assert not watch.done()


async def test_a_session_that_still_holds_the_stuck_response_is_given_up_too() -> None:
    asked = Asked()
    async with watched(asked) as (gate, _, record, _):
        gate.started("r1", None)
        await asyncio.sleep(STALLED_S + 1)
        await gate.refused(refusal(ALREADY_ACTIVE, "respond"))
        await asyncio.sleep(STALLED_S + 0.1)
        assert asked.given_up == ["no response"]
        assert record.stalls == 2


async def test_a_response_that_came_to_its_end_clears_the_session_of_doubt() -> None:
    asked = Asked()
    async with watched(asked) as (gate, _, record, _):
        for turn in range(3):
            gate.started(f"stuck {turn}", None)
            await asyncio.sleep(STALLED_S + 1)
            gate.started(f"good {turn}", "respond")
            await gate.ended(ResponseEnded(f"good {turn}", "completed"))
        assert (asked.given_up, record.stalls) == ([], 3)


async def test_another_session_has_the_time_that_the_one_before_had() -> None:
    """What is given up is not given up again while its successor is being connected."""
    asked = Asked()
    async with watched(asked) as (gate, _, _, _):
        gate.started("r1", None)
        await asyncio.sleep(2 * STALLED_S + 1)
        assert asked.given_up == ["no response"]
        await asyncio.sleep(ALMOST_S - 1)
        assert asked.given_up == ["no response"]
        assert not gate.renewed()
        await gate.resume()
        assert asked.sent == ["cancel r1", "respond", "respond"]
        gate.started("r2", "respond")
        await gate.ended(ResponseEnded("r2", "completed"))
        await asyncio.sleep(3 * STALLED_S)
        assert asked.given_up == ["no response"]


async def test_tools_at_work_ask_for_the_answer_themselves() -> None:
    asked = Asked()
    async with watched(asked, tools_at_work=True) as (gate, _, record, told):
        gate.started("r1", None)
        await asyncio.sleep(2 * STALLED_S)
        assert (asked.sent, told, record.stalls) == (["cancel r1"], ["r1"], 1)


async def test_a_caller_whom_a_later_response_answered_is_not_answered_again() -> None:
    asked = Asked()
    async with watched(asked) as (gate, watch, record, _):
        for turn in ("r1", "r2"):
            gate.started(f"{turn} stuck", None)
            gate.saw(SpeechStarted())
            gate.started(turn, None)
            await gate.ended(ResponseEnded(turn, "completed"))
            await asyncio.sleep(2 * STALLED_S)
        assert (asked.sent, record.stalls) == (["cancel r1 stuck", "cancel r2 stuck"], 2)
        assert not watch.done()


async def test_a_caller_who_talks_for_long_is_no_stall_and_one_left_unanswered_is() -> None:
    asked = Asked()
    async with watched(asked) as (gate, _, record, _):
        gate.saw(SpeechStarted())
        await gate.ask(asked("answer"))
        await asyncio.sleep(3 * STALLED_S)
        assert (asked.sent, record.stalls) == ([], 0)
        gate.saw(SpeechStopped())
        await asyncio.sleep(ALMOST_S)
        assert asked.sent == []
        await asyncio.sleep(0.2)
        assert (asked.sent, record.stalls) == (["answer"], 1)
