"""Operators see and do the same on every replica, whichever has the call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.call.ends import By, Reason, Then
from bridge.lab.acs import Phone, Switches
from bridge.service.parts import AUDIT, FLOOR
from tests.replicas.numbered import LINE
from tests.replicas.people import until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import API_KEY, READ_KEY, SOON, Stage, stage
from tests.service.floor.desk import Desk, the_call

pytestmark = pytest.mark.once

GREETING = "Hello."
COLLEAGUE = "+18005550199"
FLOW = Callflow(number=LINE, greeting=GREETING, silence=None)


@pytest.fixture
async def scene(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(FLOW, redis.url, tmp_path, replicas=3, prompts=True, switches=SOON) as running:
        await running.know_each_other()
        yield running


def desks(scene: Stage, session: ClientSession, key: str = API_KEY) -> list[Desk]:
    """One operator, as each replica sees them."""
    return [Desk(url, session, key) for url in scene.urls]


async def calls(scene: Stage, replica: int, caller: str = "+14255550142") -> Phone:
    """Somebody who is on the line of one replica, and has heard the greeting."""
    scene.proxy.choose = lambda *_: scene.urls[replica]
    phone = await scene.acs.dial(LINE, caller=caller)
    await phone.hears(GREETING)
    return phone


async def hang_up(scene: Stage, *phones: Phone) -> None:
    for phone in phones:
        await phone.hangs_up()
    await scene.reported(len(phones))


async def test_every_replica_lists_the_calls_of_all_the_oldest_first(
    scene: Stage, session: ClientSession
) -> None:
    phones = [await calls(scene, n, f"+1425555014{n}") for n in (2, 0, 1)]
    for editor, reader in zip(desks(scene, session), desks(scene, session, READ_KEY), strict=True):
        listed = await editor.sees("/calls")
        assert [call["caller"] for call in listed["calls"]] == [p.route.caller for p in phones]
        assert listed["missing"] == 0
        async with editor.watches("/calls/events") as events:
            assert [c["id"] for c in (await anext(events))["calls"]] == [
                c["id"] for c in listed["calls"]
            ], "who begins to watch is told of all at once"
        masked = await reader.sees("/calls")
        assert [call["caller"] for call in masked["calls"]] == ["…42", "…40", "…41"]
    await hang_up(scene, *phones)


@pytest.mark.usefixtures("quick_pings")
async def test_a_call_of_another_replica_comes_changes_and_goes_in_the_stream(
    scene: Stage, session: ClientSession
) -> None:
    reader = desks(scene, session, READ_KEY)[0]
    async with reader.watches("/calls/events") as events, asyncio.timeout(20):
        assert (await anext(events))["calls"] == []
        phone = await calls(scene, 1)
        seen: list[Any] = []
        while not seen or seen[-1]["doing"]["kind"] != "listening":
            seen += (await anext(events))["calls"]
        assert {call["caller"] for call in seen} == {"…42"}
        assert len({call["id"] for call in seen}) == 1
        await hang_up(scene, phone)
        async for change in events:
            if change["gone"]:
                break
        assert change["gone"] == [seen[0]["id"]]


@pytest.mark.usefixtures("quick_pings")
async def test_all_who_watch_share_one_stream_from_each_replica_and_the_last_closes_it(
    scene: Stage, session: ClientSession
) -> None:
    editor, reader = desks(scene, session)[0], desks(scene, session, READ_KEY)[0]
    before = asyncio.all_tasks()
    async with editor.watches("/calls/events") as one, editor.watches("/calls/events") as other:
        await anext(one), await anext(other)
        follow = [task for task in asyncio.all_tasks() - before if "_follow" in repr(task)]
        assert len(follow) == 2, "of each neighbour"
        async with reader.watches("/calls/events") as masked:
            await anext(masked)
            follow = [task for task in asyncio.all_tasks() - before if "_follow" in repr(task)]
            assert len(follow) == 4, "what a reader may see is asked for as a reader"
    await until(lambda: not any("_follow" in repr(task) for task in asyncio.all_tasks()))


@pytest.mark.usefixtures("quick_pings")
async def test_other_replicas_take_no_place_of_those_who_watch(
    scene: Stage, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.service.floor.floor.MOST_WATCHERS", 1)
    one, other, third = desks(scene, session)
    async with one.watches("/calls/events") as here, other.watches("/calls/events") as there:
        assert [(await anext(each))["missing"] for each in (here, there)] == [0, 0]
        assert (await other.asks("GET", "/calls/events"))[0] == 503
        async with third.watches("/calls/events") as beyond:
            assert (await anext(beyond))["missing"] == 0


async def test_a_call_of_another_replica_is_watched_until_it_is_over(
    scene: Stage, session: ClientSession
) -> None:
    phone = await calls(scene, 2)
    editor, reader = desks(scene, session)[0], desks(scene, session, READ_KEY)[1]
    call_id = await the_call(editor)
    async with editor.watches(f"/calls/{call_id}/events") as events, asyncio.timeout(30):
        whole = await anext(events)
        assert whole["said"][0]["text"] == GREETING
        await phone.says("It is 4271.")
        said = list(whole["said"])
        async for news in events:
            said[news["said_from"] :] = news["said"]
            if any("4271" in line["text"] for line in said):
                break
        detail = await reader.sees(f"/calls/{call_id}")
        assert detail["call"]["caller"] == "…42"
        assert "4271" not in str(detail["said"])
        await hang_up(scene, phone)
        assert [each async for each in events][-1] == {}, "it says that the call is over"
    assert (await editor.asks("GET", f"/calls/{call_id}"))[0] == 404
    assert (await editor.asks("GET", f"/calls/{call_id}/events"))[0] == 404


async def test_an_editor_speaks_to_the_caller_of_another_replica_and_ends_the_call(
    scene: Stage, session: ClientSession
) -> None:
    phone = await calls(scene, 1)
    editor = desks(scene, session)[0]
    call_id = await the_call(editor)
    await editor.sees_until(call_id, lambda detail: detail["takes_lines"])
    line = {"text": "A moment."}
    assert await editor.asks("POST", f"/calls/{call_id}/say", json=line) == (202, {"id": call_id})
    await phone.hears(line["text"])
    goodbye = {"say": "Goodbye."}
    assert (await editor.asks("POST", f"/calls/{call_id}/end", json=goodbye))[0] == 202
    await phone.hears(goodbye["say"])
    await scene.reported(1)
    ((replica, _, record),) = scene.reports
    assert record.end
    assert (replica, record.end.by, record.end.reason) == (1, By.OPERATOR, Reason.HUNG_UP)
    kept = [await app[AUDIT].entries() for app in scene.apps]
    assert [[(each.did, each.who) for each in entries] for entries in kept] == [
        [],
        [("call.end", "INTERLUDE_API_KEY"), ("call.say", "INTERLUDE_API_KEY")],
        [],
    ], "once, where the call was, under the name of whoever was let in elsewhere"


async def test_an_editor_transfers_the_caller_of_another_replica(
    scene: Stage, session: ClientSession
) -> None:
    phone = await calls(scene, 2)
    editor = desks(scene, session)[1]
    call_id = await the_call(editor)
    await editor.sees_until(call_id, lambda detail: detail["takes_lines"])
    status, sentence = await editor.asks("POST", f"/calls/{call_id}/transfer", json={"to": "0800"})
    assert status == 400
    assert "needs a number in international form" in sentence
    order = {"to": COLLEAGUE, "say": "I will connect you."}
    assert (await editor.asks("POST", f"/calls/{call_id}/transfer", json=order))[0] == 202
    await phone.hears(order["say"])
    await scene.reported(1)
    ((_, _, record),) = scene.reports
    assert record.end
    assert (record.end.reason, record.end.then) == (Reason.TRANSFERRED, Then.NOTHING)


async def test_what_the_call_cannot_do_now_is_said_as_where_it_is(
    scene: Stage, session: ClientSession
) -> None:
    scene.proxy.choose = lambda *_: scene.urls[1]
    phone = await scene.acs.dial(LINE)
    await phone.answered()
    at_home, elsewhere = desks(scene, session)[1], desks(scene, session)[0]
    call_id = await the_call(elsewhere)
    await elsewhere.sees_until(call_id, lambda detail: detail["takes_lines"])
    lines = [{"text": f"Line {n}."} for n in range(5)]
    said = [await elsewhere.asks("POST", f"/calls/{call_id}/say", json=each) for each in lines]
    assert said[-1] == await at_home.asks("POST", f"/calls/{call_id}/say", json=lines[0])
    assert said[-1][0] == 409
    reader = desks(scene, session, READ_KEY)[0]
    assert (await reader.asks("POST", f"/calls/{call_id}/end"))[0] == 403
    await hang_up(scene, phone)


async def test_a_name_that_no_call_has_leads_to_no_other_door(
    scene: Stage, session: ClientSession
) -> None:
    editor = desks(scene, session)[0]
    for name in ("nobody", "..%2Fdrain", "x%3Fy", "%C3%A4"):
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/end")):
            assert (await editor.asks(method, f"/calls/{name}{path}"))[0] == 404
    assert not any(app[FLOOR].closed.is_set() for app in scene.apps)


async def test_a_call_whose_media_comes_to_another_replica_is_listed_once_and_watched_on(
    redis: RedisServer, tmp_path: Path, session: ClientSession
) -> None:
    late = Switches(media_delay_s=2)
    async with stage(FLOW, redis.url, tmp_path, replicas=3, prompts=True, switches=late) as scene:
        await scene.know_each_other()
        scene.proxy.choose = lambda kind, _: scene.urls[kind == "media"]
        answered_by, neutral = desks(scene, session)[0], desks(scene, session)[2]
        async with neutral.watches("/calls/events") as floor, asyncio.timeout(20):
            assert (await anext(floor))["calls"] == []
            phone = await scene.acs.dial(LINE)
            (call,) = (await anext(floor))["calls"]
            assert call["doing"]["kind"] == "connecting"
            call_id = call["id"]
            async with answered_by.watches(f"/calls/{call_id}/events") as events:
                while not (await anext(events))["said"]:
                    pass
            changes = [await anext(floor)]
            while not any(each["doing"]["kind"] == "listening" for each in changes[-1]["calls"]):
                changes.append(await anext(floor))
            assert not any(change["gone"] for change in changes), "it has moved, and is not over"
        for desk in desks(scene, session):
            assert await the_call(desk) == call_id
        await hang_up(scene, phone)
        assert [replica for replica, *_ in scene.reports] == [1]
