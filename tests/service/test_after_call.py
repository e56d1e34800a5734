"""What follows a call delays nobody, fails alone, and says in the log nothing of what was said."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge import Call, Callflow, Ended
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import UNKNOWN, Record, ToolUse
from bridge.service.after_call import AfterCalls, after_calls
from bridge.service.flows import Flows
from bridge.service.posting import PostBox
from tests.logs import written_logs
from tests.service.crm import CALLER, KEY, SECRET, WORDS, Crm, after, files

NUMBER = "+18005550100"
CALL = Call("0123456789abcdef", CALLER, NUMBER, "c0ffee")
NO_ANSWER = Record(
    tools=[ToolUse("find_order", 1_250, "ok")],
    end=CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, "no answer"),
    flow="line",
)


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with Crm() as running:
        yield running


@pytest.fixture
def flow() -> Callflow:
    return Callflow(number=NUMBER)


@asynccontextmanager
async def working(flow: Callflow, box: PostBox | None = None) -> AsyncIterator[AfterCalls]:
    async with after_calls(lambda: Flows({"line": flow}), box) as after:
        yield after


async def test_a_call_that_was_never_heard_is_told_of_too(
    crm: Crm, flow: Callflow, tmp_path: Path
) -> None:
    told: list[Ended] = []

    @flow.on_end
    async def keep(ended: Ended) -> None:
        told.append(ended)

    async with working(flow, PostBox(crm.url, SECRET, tmp_path)) as after_call:
        after_call.ended(CALL, NO_ANSWER, None)
    (ended,) = told
    assert (ended.call, ended.by, ended.reason, ended.lasted_s) == (CALL, "carrier", "refused", 0)
    assert ended.said == ()
    assert ended.figures["end"]["reason"] == "refused"
    assert {type(value) for value in ended.figures["end"].values()} == {str}
    (post,) = crm.posts
    assert post.event_id == CALL.id
    assert post.is_signed(KEY)
    assert post.content == {
        "type": "call.ended",
        "call": {
            "id": CALL.id,
            "correlation_id": "c0ffee",
            "flow": "line",
            "caller": CALLER,
            "dialled": NUMBER,
        },
        "by": "carrier",
        "reason": "refused",
        "lasted_s": 0,
        "said": [],
        "figures": ended.figures,
    }
    assert post.content["figures"]["tools"] == [
        {"name": "find_order", "took_ms": 1_250, "outcome": "ok"}
    ]


async def test_a_call_to_a_number_without_a_flow_is_posted_without_one(
    crm: Crm, flow: Callflow, tmp_path: Path
) -> None:
    strange = Call("fedcba9876543210", CALLER, "+18005550199", "c0ffee")
    async with working(flow, PostBox(crm.url, SECRET, tmp_path)) as after_call:
        after_call.ended(strange, replace(NO_ANSWER, flow=UNKNOWN), None)
    assert [post.content["call"]["flow"] for post in crm.posts] == [None]


async def test_one_function_that_fails_costs_the_others_nothing(
    crm: Crm, flow: Callflow, tmp_path: Path
) -> None:
    told: list[str] = []

    @flow.on_end
    async def breaks(ended: Ended) -> None:
        raise ValueError(f"{ended.call.caller} said {WORDS}")

    @flow.on_end
    async def gives_up(_: Ended) -> None:
        raise asyncio.CancelledError(WORDS)

    @flow.on_end
    async def keep(ended: Ended) -> None:
        told.append(ended.call.id)

    with written_logs() as written:
        async with working(flow, PostBox(crm.url, SECRET, tmp_path)) as after_call:
            after_call.ended(CALL, NO_ANSWER, None)
    assert told == [CALL.id]
    assert len(crm.posts) == 1
    (failed,) = written.of("hook.failed")
    assert (failed["call_id"], failed["hook"]) == (CALL.id, "breaks")
    assert failed["level"] == "error"
    assert re.search(r"test_after_call.py\", line \d+, in breaks\nValueError$", failed["exception"])
    (cancelled,) = written.of("hook.cancelled")
    assert (cancelled["call_id"], cancelled["hook"]) == (CALL.id, "gives_up")
    assert WORDS not in written.text
    assert CALLER not in written.text


async def test_a_function_that_hangs_is_cancelled_after_30_s(flow: Callflow) -> None:
    loop = asyncio.get_running_loop()
    cancelled_s: list[float] = []

    @flow.on_end
    async def hangs(_: Ended) -> None:
        try:
            await loop.create_future()
        finally:
            cancelled_s.append(loop.time())

    with written_logs() as written:
        async with working(flow) as after_call:
            began_s = loop.time()
            after_call.ended(CALL, NO_ANSWER, None)
            assert loop.time() == began_s
            await asyncio.sleep(40)
    assert cancelled_s == [pytest.approx(began_s + 30)]
    (failed,) = written.of("hook.failed")
    assert failed["exception"].endswith("TimeoutError")


async def test_functions_of_one_call_run_beside_each_other(flow: Callflow) -> None:
    loop = asyncio.get_running_loop()
    done_s: list[float] = []

    async def takes_20_s(_: Ended) -> None:
        await asyncio.sleep(20)
        done_s.append(loop.time())

    for _ in range(3):
        flow.on_end(takes_20_s)
    async with working(flow) as after_call:
        began_s = loop.time()
        after_call.ended(CALL, NO_ANSWER, None)
        await asyncio.sleep(25)
    assert done_s == [pytest.approx(began_s + 20)] * 3


async def test_the_end_of_the_process_waits_for_what_follows_the_last_call(
    crm: Crm, flow: Callflow, tmp_path: Path
) -> None:
    told: list[str] = []
    crm.always = after(4)

    @flow.on_end
    async def slow(ended: Ended) -> None:
        await asyncio.sleep(3)
        told.append(ended.call.id)

    with written_logs() as written:
        async with working(flow, PostBox(crm.url, SECRET, tmp_path)) as after_call:
            after_call.ended(CALL, NO_ANSWER, None)
    assert told == [CALL.id]
    assert files(tmp_path) == []
    assert not written.of("after_calls.cut_short")


async def test_the_end_of_the_process_waits_for_5_s_at_most(
    crm: Crm, flow: Callflow, tmp_path: Path
) -> None:
    crm.always = 503

    @flow.on_end
    async def hangs(_: Ended) -> None:
        await asyncio.get_running_loop().create_future()

    loop = asyncio.get_running_loop()
    with written_logs() as written:
        async with working(flow, PostBox(crm.url, SECRET, tmp_path)) as after_call:
            after_call.ended(CALL, NO_ANSWER, None)
            left_s = loop.time()
    assert loop.time() - left_s == pytest.approx(5)
    assert [line["hooks"] for line in written.of("after_calls.cut_short")] == [1]
    assert [line["hook"] for line in written.of("hook.cancelled")] == ["hangs"]
    assert files(tmp_path) == [f"{CALL.id}.json"], "the next process delivers it"


async def test_deliveries_that_stop_by_a_mistake_of_ours_are_told_of(
    flow: Callflow, tmp_path: Path
) -> None:
    with written_logs() as written:
        async with working(flow, PostBox("https://no..host/", SECRET, tmp_path)) as after_call:
            after_call.ended(CALL, NO_ANSWER, None)
    (stopped,) = written.of("posts.stopped")
    assert stopped["level"] == "error"
    kinds = ("UnicodeError", "UnicodeEncodeError")  # before 3.13, and from it on
    assert stopped["exception"].endswith(kinds)
    assert WORDS not in written.text
    assert files(tmp_path) == [f"{CALL.id}.json"]
