"""What a replica makes of what another answers, whatever it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientSession, ClientTimeout, web
from structlog.testing import capture_logs

from bridge.service.floor.live import LiveDetail
from bridge.service.floor.news import Changes, News, news
from tests.replicas.neighbour import a_neighbour
from tests.replicas.numbered import line
from tests.replicas.people import until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import API_KEY, Stage, stage
from tests.service.floor.desk import Desk
from tests.service.floor.test_news import NOON, live

Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]
CALLS, EVENTS = "/api/v1/calls", "/api/v1/calls/events"
A, A_EVENTS = "/api/v1/calls/a", "/api/v1/calls/a/events"
DETAIL = LiveDetail(live("a"))


@pytest.fixture
async def scene(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(line(), redis.url, tmp_path, replicas=1) as running:
        yield running


@pytest.fixture
def editor(scene: Stage, session: ClientSession) -> Desk:
    return Desk(scene.urls[0], session, API_KEY)


def says(body: bytes, status: int = 200) -> Answers:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    return answer


def streams(*messages: Changes | News | float, stays: bool = True) -> Answers:
    """Server-sent events, seconds between them, and then nothing more, or the end."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for message in messages:
            if isinstance(message, float):
                await asyncio.sleep(message)
            else:
                await stream.write(b"data: " + orjson.dumps(message) + b"\r\n\r\n")
        if stays:
            await asyncio.Event().wait()
        return stream

    return answer


async def never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.usefixtures("quick_pings")
async def test_a_floor_of_thousands_of_calls_comes_whole(
    scene: Stage, redis: RedisServer, editor: Desk
) -> None:
    floor = Changes(NOON, tuple(live(f"c{n}", n) for n in range(4_000)))
    assert len(orjson.dumps(floor)) > 1 << 20
    routes = (web.get(CALLS, says(orjson.dumps(floor))), web.get(EVENTS, streams(floor)))
    async with a_neighbour(scene, redis, *routes):
        listed = await editor.sees("/calls")
        assert [call["id"] for call in listed["calls"]] == [call.id for call in floor.calls]
        async with editor.watches("/calls/events") as events:
            assert len((await anext(events))["calls"]) == len(floor.calls)


async def test_an_answer_of_another_kind_or_release_is_none(
    scene: Stage, redis: RedisServer, editor: Desk
) -> None:
    answers = (says(b'{"calls": 7}'), says(b"no JSON"), *(says(b"", n) for n in (500, 401, 302)))
    async with AsyncExitStack() as stack:
        for answer in answers:
            routes = (web.get(door, answer) for door in (CALLS, EVENTS))
            await stack.enter_async_context(a_neighbour(scene, redis, *routes))
        listed = await editor.sees("/calls")
        assert (listed["calls"], listed["missing"]) == ([], len(answers))
        async with editor.watches("/calls/events") as events:
            assert (await anext(events))["missing"] == len(answers)


@pytest.mark.parametrize("answer", [says(b"", 500), says(b"no JSON")])
async def test_a_call_of_a_replica_that_gives_no_answer_is_out_of_reach(
    scene: Stage, redis: RedisServer, editor: Desk, answer: Answers
) -> None:
    async with a_neighbour(scene, redis, web.get(A, answer)):
        assert (await editor.asks("GET", "/calls/a"))[0] == 502


ORDERS: dict[str, tuple[Answers, int, str]] = {
    "over": (says(b"", 404), 404, "it may be over"),
    "busy": (says(b"It rings.", 409), 409, "It rings."),
    "wrong": (says(b"No number.", 400), 400, "No number."),
    "broken": (says(b"", 500), 502, "does not answer"),
    "hangs": (never, 502, "may have done it all the same"),
}
"""What a neighbour answers to an order for calls of these names, and what is made of it."""


async def test_an_order_is_answered_as_where_it_was_to_be_carried_out(
    scene: Stage, redis: RedisServer, editor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.service.floor.there._ACT", ClientTimeout(total=0.5))
    found = (web.get(f"{CALLS}/{name}", says(b"")) for name in ORDERS)
    orders = (web.post(f"{CALLS}/{name}/say", answer) for name, (answer, *_) in ORDERS.items())
    async with a_neighbour(scene, redis, *found, *orders):
        for name, (_, status, sentence) in ORDERS.items():
            said = await editor.asks("POST", f"/calls/{name}/say", json={"text": "Hello?"})
            assert said[0] == status
            assert sentence in said[1]


async def test_a_call_that_ends_after_it_was_found_is_no_more(
    scene: Stage, redis: RedisServer, editor: Desk
) -> None:
    async def only_head(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.method == "HEAD" else 404)

    async with a_neighbour(scene, redis, web.get(A, only_head)):
        assert (await editor.asks("GET", "/calls/a"))[0] == 404


async def test_a_stream_that_breaks_ends_without_saying_that_the_call_is_over(
    scene: Stage, redis: RedisServer, editor: Desk
) -> None:
    whole = news(None, DETAIL)
    routes = (web.get(A, says(b"")), web.get(A_EVENTS, streams(whole, stays=False)))
    async with a_neighbour(scene, redis, *routes), editor.watches("/calls/a/events") as events:
        told = [each async for each in events]
    assert [each["call"]["id"] for each in told] == ["a"]


@pytest.mark.usefixtures("quick_pings")
async def test_a_stream_that_ends_is_opened_again_and_one_that_goes_on_is_not(
    scene: Stage, redis: RedisServer, editor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.service.floor.elsewhere.AGAIN_S", 0.01)
    monkeypatch.setattr("bridge.service.floor.elsewhere.ASK_S", 0.5)
    both, asked = Changes(NOON, (live("a"), live("b"))), 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked <= 3:
            return await streams(both, stays=False)(request)
        later = Changes(NOON, (live("c"),))
        return await streams(Changes(NOON, (live("a"),)), 1.0, later)(request)

    async with a_neighbour(scene, redis, web.get(EVENTS, answer)):
        async with editor.watches("/calls/events") as events, asyncio.timeout(10):
            assert len((await anext(events))["calls"]) == 2
            gone, come = await anext(events), await anext(events)
        assert (gone["calls"], gone["gone"], gone["missing"]) == ([], ["b"], 0), "and no more"
        assert [call["id"] for call in come["calls"]] == ["c"]
    assert asked == 4


@pytest.mark.usefixtures("quick_pings")
async def test_a_fault_of_ours_while_others_are_followed_is_told(
    scene: Stage, redis: RedisServer, editor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("bridge.service.floor.elsewhere.followed", fault)
    routes = [web.get(EVENTS, streams(Changes(NOON, ())))]
    with capture_logs() as logs:
        async with a_neighbour(scene, redis, *routes), editor.watches("/calls/events"):
            await until(lambda: "replicas.failed" in {line["event"] for line in logs})
