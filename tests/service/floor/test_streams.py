"""Whoever watches is sent what changes, costs little, and holds nothing up."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.service.floor.floor import MOST_WATCHERS
from bridge.service.floor.news import PING_S
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import trial
from tests.service.floor.conftest import Sits, Stage
from tests.service.floor.desk import EDIT_KEY, the_call

NUMBER = "+18005550100"
CALLER = "+18005550142"
GREETING = "Thanks for calling. How can I help?"
FLOW = Callflow(number=NUMBER, greeting=GREETING, silence=None)


async def test_the_floor_is_sent_whole_then_what_changes_then_who_is_gone(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(FLOW, prompts=True)
    reader, editor = desks(scene)
    async with reader.watches("/calls/events") as events, editor.watches("/calls/events") as all_:
        assert (await anext(events))["calls"] == (await anext(all_))["calls"] == []
        phone = await scene.acs.dial(NUMBER, caller=CALLER)
        await phone.answered()
        (call,) = (await anext(events))["calls"]
        assert call["caller"] == "…42"
        assert (await anext(all_))["calls"][0]["caller"] == CALLER
        await phone.hears(GREETING)
        await phone.hangs_up()
        async with asyncio.timeout(20):
            async for change in events:
                if change["gone"]:
                    break
        assert change["gone"] == [call["id"]]


async def test_a_call_in_which_nothing_happens_sends_nothing(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    reader, _ = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await reader.waits_until(await the_call(reader), "listening")
    async with reader.watches("/calls/events") as events:
        await anext(events)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await anext(events)


async def test_a_call_is_sent_piece_by_piece_until_it_is_over(stage: Stage, desks: Sits) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    scene = await stage(flow, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    call_id = await the_call(reader)
    async with editor.watches(f"/calls/{call_id}/events") as events:
        whole = await anext(events)
        assert (whole["said_from"], whole["said"][0]["text"]) == (0, GREETING)
        await phone.hears(GREETING)
        await phone.says("Hello?")
        await phone.hears("no answer to that")
        said, moments = list(whole["said"]), {m["number"]: m for m in whole["timeline"]}
        async with asyncio.timeout(20):
            async for news in events:
                said[news["said_from"] :] = news["said"]
                moments |= {moment["number"]: moment for moment in news["timeline"]}
                if len(said) == 3 and news["call"]["doing"]["kind"] == "listening":
                    break
        told = await editor.sees(f"/calls/{call_id}")
        assert (said, list(moments.values())) == (told["said"], told["timeline"])
        await phone.hangs_up()
        async with asyncio.timeout(20):
            assert [news async for news in events][-1] == {}, "it says that the call is over"


async def test_so_many_may_watch_and_whoever_goes_makes_room(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW, prompts=True)
    reader, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    async with AsyncExitStack() as stack:
        for _ in range(MOST_WATCHERS):
            await stack.enter_async_context(reader.watches("/calls/events"))
        assert await editor.asks("GET", "/calls/events") == (
            503,
            "50 watch already; close one of their pages.",
        )
    await phone.waits(PING_S + 1)
    async with editor.watches("/calls/events") as events:
        await anext(events)


async def test_nobody_who_watches_holds_up_the_drain_or_the_end_of_the_process(
    desks: Sits,
) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as ours, AsyncExitStack() as process:
        flows = Flows({"line": FLOW})
        scene = await process.enter_async_context(trial(flows, interlude_api_key=EDIT_KEY))
        reader, _ = desks(scene)
        phone = await scene.acs.dial(NUMBER)
        await phone.answered()
        events = await ours.enter_async_context(reader.watches("/calls/events"))
        call_id = (await anext(events))["calls"][0]["id"]
        drained = asyncio.create_task(scene.app[SWITCHBOARD].drain())
        await phone.hangs_up()
        await drained
        async for change in events:
            if change["gone"]:
                break
        assert change["gone"] == [call_id]
        began_s = loop.time()
        await process.aclose()
        assert loop.time() - began_s < 5
        assert [change async for change in events] == []


async def test_what_is_not_there_cannot_be_watched(stage: Stage, desks: Sits) -> None:
    scene = await stage(FLOW)
    reader, _ = desks(scene)
    assert (await reader.asks("GET", "/calls/nobody/events"))[0] == 404
    assert (await reader.asks("GET", "/calls/nobody"))[0] == 404


async def test_nobody_watches_without_a_key(stage: Stage, web: ClientSession) -> None:
    scene = await stage(FLOW)
    for path in ("calls", "calls/events", "calls/x", "calls/x/events", "history", "audit"):
        async with web.get(f"{scene.url}/api/v1/{path}") as answer:
            assert answer.status == 401
