"""A process that ends: its calls end by themselves, or are told, and passed on or let go."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge import Callflow, Fallback, Transfer
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import CallRefused
from bridge.lab.acs import Switches as AcsSwitches
from bridge.service.parts import AUDIT, DRAIN, SWITCHBOARD
from bridge.trial import READ_KEY, Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning."
SORRY = "We have to interrupt you here."
COLLEAGUE, DESK = "+18005550199", "+18005550177"
KEY = "an operators' key of 32 characters"
DRAIN_S = 60
PASSED_ON = Fallback(say=SORRY, then=Transfer(COLLEAGUE))


def line(fallback: Fallback, **fields: Any) -> Callflow:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None, fallback=fallback, **fields)

    @flow.tool
    async def refund() -> Transfer:
        """Give money back, a refund."""
        return Transfer(DESK)

    return flow


def drains(scene: Trial) -> asyncio.Task[None]:
    return asyncio.create_task(scene.app[SWITCHBOARD].drain(DRAIN_S))


async def test_a_caller_who_is_still_there_is_told_and_passed_on(stage: Stage) -> None:
    scene = await stage(line(PASSED_ON), prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = drains(scene)
    await phone.waits(DRAIN_S - 5)
    assert [heard.text for heard in phone.heard()] == [GREETING], "not before"
    await phone.hears(SORRY)
    assert (await phone.ended()).transferred_to == COLLEAGUE
    await drained
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.SHUTDOWN, Then.NOTHING)


async def test_where_nobody_can_take_over_the_caller_hears_it_whole_and_is_let_go(
    stage: Stage,
) -> None:
    scene = await stage(line(Fallback(say=SORRY)), prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = drains(scene)
    assert (await phone.ended()).by == "bridge"
    (_, sorry) = phone.heard()
    assert (sorry.text, sorry.complete) == (SORRY, True)
    assert sorry.start_ms == pytest.approx(DRAIN_S * 1000, abs=3_000)
    await drained
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.SHUTDOWN)


async def test_who_is_being_connected_with_somebody_hears_nothing_of_it(stage: Stage) -> None:
    switches = AcsSwitches(transfer_rings_s=10)
    scene = await stage(line(PASSED_ON), prompts=True, acs_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = drains(scene)
    await phone.waits(DRAIN_S - 6)
    await phone.says("I want a refund.")
    assert (await phone.ended()).transferred_to == DESK
    assert SORRY not in [heard.text for heard in phone.heard()]
    await drained


async def test_a_call_that_ends_in_time_is_told_nothing(stage: Stage) -> None:
    scene = await stage(line(PASSED_ON), prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = drains(scene)
    await phone.waits(DRAIN_S / 2)
    await phone.hangs_up()
    await drained
    assert not scene.app[SWITCHBOARD].common.closing.is_set()


async def test_a_call_that_hears_nothing_of_it_holds_the_process_up_for_half_a_minute_only(
    stage: Stage,
) -> None:
    switches = AcsSwitches(transfer_rings_s=200)
    scene = await stage(line(PASSED_ON), prompts=True, acs_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    began_s = asyncio.get_running_loop().time()
    await drains(scene)
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(DRAIN_S + 30, abs=0.1)
    scene.app[SWITCHBOARD].end_all()
    await scene.record()


async def ask(scene: Trial, method: str, key: str) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        ClientSession(headers=headers) as web,
        web.request(method, f"{scene.url}/api/v1/drain") as answer,
    ):
        is_json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if is_json else answer.text())


async def test_an_editor_has_a_process_drain_and_a_reader_sees_it(stage: Stage) -> None:
    scene = await stage(line(PASSED_ON), interlude_api_key=KEY)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    assert await ask(scene, "GET", READ_KEY) == (200, {"draining": False, "calls": 1})
    assert (await ask(scene, "POST", READ_KEY))[0] == 403
    assert not scene.app[DRAIN].is_set()
    assert await ask(scene, "POST", KEY) == (200, {"draining": True, "calls": 1})
    assert scene.app[DRAIN].is_set(), "which has the process end after its last call"
    async with ClientSession() as web, web.get(f"{scene.url}/health/ready") as response:
        assert (response.status, await response.json()) == (503, {"status": "draining"})
    with pytest.raises(CallRefused):
        await (await scene.acs.dial(NUMBER)).answered()
    await phone.hangs_up()
    await scene.record()
    assert await ask(scene, "GET", READ_KEY) == (200, {"draining": True, "calls": 0})
    (entry,) = await scene.app[AUDIT].entries()
    assert (entry.who, entry.did) == ("INTERLUDE_API_KEY", "service.drain")
