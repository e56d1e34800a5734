"""Replicas that do not answer hold nobody up, and are told of; and who may ask in whose name."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge.lab.acs import Phone
from bridge.service.guards import Role, stands_for
from bridge.service.parts import FLEET
from bridge.service.replicas.neighbours import SCHEME
from bridge.service.tokens import LIFETIME_S, Purpose, Tokens
from tests.replicas.neighbour import a_silent_port, joins
from tests.replicas.numbered import LINE, line
from tests.replicas.people import SECRET, until
from tests.replicas.processes import deployment, subscribe
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import API_KEY, READ_KEY, Stage, stage
from tests.service.floor.desk import Desk, the_call

pytestmark = pytest.mark.once

BOUND_S = 1.0
"""For the others to answer."""
SLACK_S = 1.0
"""Of a busy machine."""


@pytest.fixture
async def scene(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(line(), redis.url, tmp_path) as running:
        await running.know_each_other()
        yield running


async def calls(scene: Stage, replica: int) -> Phone:
    scene.proxy.choose = lambda *_: scene.urls[replica]
    phone = await scene.acs.dial(LINE)
    await phone.answered()
    return phone


async def took_s(seeing: Any) -> tuple[Any, float]:
    began_s = time.monotonic()
    return await seeing, time.monotonic() - began_s


async def test_a_replica_that_hangs_holds_the_list_up_for_a_second_and_is_told_of(
    scene: Stage, redis: RedisServer, session: ClientSession
) -> None:
    phone = await calls(scene, 1)
    editor = Desk(scene.urls[0], session, API_KEY)
    with a_silent_port() as port:
        await joins(scene, redis, port)
        await until(lambda: len(scene.apps[0][FLEET].neighbours) == 2)
        listed, seconds = await took_s(editor.sees("/calls"))
        assert (len(listed["calls"]), listed["missing"]) == (1, 1)
        assert BOUND_S <= seconds < BOUND_S + SLACK_S
        call_id = listed["calls"][0]["id"]
        async with editor.watches("/calls/events") as events:
            first, seconds = await took_s(anext(events))
        assert (len(first["calls"]), first["missing"]) == (1, 1)
        assert seconds < BOUND_S + SLACK_S
        assert (await editor.sees(f"/calls/{call_id}"))["call"]["id"] == call_id
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/end")):
            status, sentence = await editor.asks(method, f"/calls/nobody{path}")
            assert status == 502
            assert "may have the call does not answer" in sentence
        assert (await editor.asks("POST", f"/calls/{call_id}/end"))[0] == 202
    await phone.ended()


async def test_who_watches_is_told_when_a_replica_answers_no_more(
    scene: Stage, redis: RedisServer, session: ClientSession
) -> None:
    editor = Desk(scene.urls[0], session, API_KEY)
    async with editor.watches("/calls/events") as events, asyncio.timeout(30):
        assert (await anext(events))["missing"] == 0
        with a_silent_port() as port:
            await joins(scene, redis, port)
            while (await anext(events))["missing"] != 1:
                pass
        # Its lease runs out, and another looks after what it had: then nobody misses it.
        while (await anext(events))["missing"] != 0:
            pass


async def test_nobody_is_asked_at_an_address_that_no_replica_has_sealed(
    scene: Stage, redis: RedisServer, session: ClientSession
) -> None:
    editor = Desk(scene.urls[0], session, API_KEY)
    with a_silent_port() as port:
        await joins(scene, redis, port, secret="the secret of somebody else's line")
        fleet = scene.apps[0][FLEET]
        fleet.stirred.set()
        await until(lambda: len(fleet._places) == 2)
        assert fleet.neighbours == (scene.apps[1][FLEET].desk.me,)
        listed, seconds = await took_s(editor.sees("/calls"))
        assert listed["missing"] == 0
        assert seconds < BOUND_S


async def test_without_redis_those_are_asked_who_were_known(
    scene: Stage, redis: RedisServer, session: ClientSession
) -> None:
    phone = await calls(scene, 1)
    await redis.is_killed()
    await scene.is_up(redis=False)
    editor = Desk(scene.urls[0], session, API_KEY)
    call_id = await the_call(editor)
    assert (await editor.asks("POST", f"/calls/{call_id}/end"))[0] == 202
    await phone.ended()


Forge = Callable[[str, str], str]
"""What is shown to a replica of this name at `GET /api/v1/calls`."""
LIST = "GET /api/v1/calls"
TOKENS = Tokens(SECRET)


def sealed(
    to: str,
    name: str,
    deed: str = LIST,
    *,
    body: bytes = b"",
    role: Role = Role.READER,
    by: Tokens = TOKENS,
) -> str:
    return by.seal_errand(to, deed, stands_for(body), name, role)


FORGED: dict[str, Forge] = {
    "by another secret": lambda me, _: sealed(me, "Eve", by=Tokens("another")),
    "for another replica": lambda _, other: sealed(other, "Eve"),
    "for another deed": lambda me, _: sealed(me, "Eve", "POST /api/v1/calls/x/end"),
    "a note of another kind": lambda *_: Tokens(SECRET).seal_note("Eve"),
    "a cookie of the console": lambda *_: Tokens(SECRET).seal_session("Eve", 2, ""),
    "nothing": lambda *_: "",
    "made up": lambda *_: "gAAAAAeve",
}


async def shows(
    scene: Stage, session: ClientSession, errand: str, path: str = ""
) -> tuple[int, Any]:
    headers = {"Authorization": f"{SCHEME} {errand}"}
    async with session.get(f"{scene.urls[0]}/api/v1/calls{path}", headers=headers) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if is_json else answer.text())


async def test_what_no_replica_has_sealed_for_this_one_and_this_deed_opens_nothing(
    scene: Stage, session: ClientSession
) -> None:
    me, other = (app[FLEET].desk.me for app in scene.apps)
    assert (await shows(scene, session, sealed(me, "Ann")))[0] == 200
    for what, forge in FORGED.items():
        assert (await shows(scene, session, forge(me, other)))[0] == 401, what


async def test_an_errand_is_good_for_half_a_minute_and_for_what_is_here(
    scene: Stage, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [await calls(scene, 0), await calls(scene, 1)]
    me = scene.apps[0][FLEET].desk.me
    errand = sealed(me, "Ann")
    status, listed = await shows(scene, session, errand)
    assert (status, len(listed["calls"])) == (200, 1), "nobody passes on what was passed on"
    assert listed["calls"][0]["caller"].startswith("…"), "a reader's stays a reader's"
    there = listed["calls"][0]["id"]
    editor = Desk(scene.urls[0], session, API_KEY)
    ids = [call["id"] for call in (await editor.sees("/calls"))["calls"]]
    (elsewhere,) = set(ids) - {there}
    of_call = sealed(me, "Ann", f"{LIST}/{elsewhere}")
    assert (await shows(scene, session, of_call, f"/{elsewhere}"))[0] == 404
    now_s = time.time()
    monkeypatch.setattr(
        "cryptography.fernet.time.time", lambda: now_s + LIFETIME_S[Purpose.ERRANDS] + 1
    )
    assert (await shows(scene, session, errand))[0] == 401
    monkeypatch.undo()
    for phone in phones:
        await phone.hangs_up()
    await scene.reported(2)


async def test_where_everybody_may_look_replicas_ask_each_other_all_the_same(
    redis: RedisServer, tmp_path: Path, session: ClientSession
) -> None:
    async with stage(line(), redis.url, tmp_path, interlude_auth="off") as scene:
        await scene.know_each_other()
        phones = [await calls(scene, 0), await calls(scene, 1)]
        for url in scene.urls:
            async with session.get(f"{url}/api/v1/calls") as answer:
                listed = await answer.json()
            assert (len(listed["calls"]), listed["missing"]) == (2, 0)
        for phone in phones:
            await phone.hangs_up()
        await scene.reported(2)


async def test_processes_that_hang_or_are_killed_are_told_of_until_others_have_ended_their_calls(
    redis: RedisServer, tmp_path: Path, session: ClientSession
) -> None:
    async with deployment(redis.url, tmp_path) as running:
        servers = await asyncio.gather(*(running.starts() for _ in range(3)))
        await subscribe(running)
        phones = [await running.acs.dial(LINE, caller=f"+1425555{n:04d}") for n in range(6)]
        for phone in phones:
            await phone.answered()
        asked, killed, hung = servers
        reader = Desk(asked.url, session, READ_KEY)
        listed = await reader.sees("/calls")
        assert (len(listed["calls"]), listed["missing"]) == (6, 0)
        async with reader.watches("/calls/events") as events, asyncio.timeout(60):
            assert len((await anext(events))["calls"]) == 6
            await killed.is_killed()
            hung.hangs()
            listed, seconds = await took_s(reader.sees("/calls"))
            assert listed["missing"] == 2
            assert seconds < BOUND_S + SLACK_S
            gone: set[str] = set()
            missed = False
            async for change in events:
                gone.update(change["gone"])
                missed = missed or change["missing"] > 0
                if len(gone) == 6 - len(listed["calls"]) and change["missing"] == 0:
                    break
            assert missed
        hung.goes_on()


async def test_an_order_is_good_for_the_body_that_was_sealed_with_it(
    scene: Stage, session: ClientSession
) -> None:
    phone = await calls(scene, 0)
    editor = Desk(scene.urls[0], session, API_KEY)
    path = f"/api/v1/calls/{await the_call(editor)}/end"
    body = b'{"say": null}'
    errand = sealed(
        scene.apps[0][FLEET].desk.me, "Ann", f"POST {path}", body=body, role=Role.EDITOR
    )
    headers = {"Authorization": f"{SCHEME} {errand}"}
    for sent, status in ((b"", 401), (b'{"say": "Other words."}', 401), (body, 202)):
        async with session.post(f"{scene.urls[0]}{path}", data=sent, headers=headers) as answer:
            assert answer.status == status
    await phone.ended()
