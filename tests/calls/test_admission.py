"""Callers whom a line does not serve: they are told so, and others never wait for them."""

import asyncio
from typing import Any

from bridge import Callflow, Limits
from bridge.call.ends import By, CallEnd, Reason
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage
from tests.logs import written_logs

GREETING = "Good morning, this is the order line."
REFUSAL = "We cannot take your call."
NUISANCE, JANE = "+14255550166", "+14255550123"


def line(**limits: Any) -> Callflow:
    return Callflow(
        number=NUMBER, greeting=GREETING, silence=None, limits=Limits(refusal=REFUSAL, **limits)
    )


async def hears_first(scene: Trial, caller: str) -> str:
    """Call, and hang up after the first words, unless the line has."""
    phone = await scene.acs.dial(NUMBER, caller=caller)
    await phone.hears("")
    (heard,) = phone.heard()
    assert heard.complete
    assert heard.start_ms < 500
    if heard.text == GREETING:
        await phone.hangs_up()
    await phone.ended()
    return heard.text


async def test_a_caller_who_is_blocked_is_told_so_and_let_go(stage: Stage) -> None:
    scene = await stage(line(blocked=frozenset({NUISANCE})), prompts=True)
    with written_logs() as written:
        assert await hears_first(scene, NUISANCE) == REFUSAL
        record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="blocked")
    assert scene.voices.sessions == []
    assert "blocked" in written.text
    assert NUISANCE not in written.text
    assert await hears_first(scene, JANE) == GREETING


async def test_a_caller_may_call_so_often_within_any_hour(stage: Stage) -> None:
    scene = await stage(line(calls_per_hour=2), prompts=True)
    assert await hears_first(scene, JANE) == GREETING
    await asyncio.sleep(1_800)
    assert await hears_first(scene, JANE) == GREETING
    with written_logs() as written:
        assert [await hears_first(scene, JANE) for _ in range(2)] == [REFUSAL, REFUSAL]
    assert JANE not in written.text
    assert await hears_first(scene, NUISANCE) == GREETING
    await asyncio.sleep(1_800)
    assert await hears_first(scene, JANE) == GREETING, "the first call is more than an hour ago"
    assert await hears_first(scene, JANE) == REFUSAL, "the second is not"
    *_, last = [await scene.record() for _ in range(7)]
    assert last.end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="too many calls")


async def test_callers_who_withhold_their_numbers_are_not_one_caller(stage: Stage) -> None:
    scene = await stage(line(calls_per_hour=1), prompts=True)
    for _ in range(3):
        assert await hears_first(scene, "anonymous") == GREETING
