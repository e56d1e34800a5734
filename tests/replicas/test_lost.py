"""Replicas that vanish without a word, and those that only seem to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.service.replicas import desk, keeper
from bridge.service.replicas.desk import Desk
from bridge.service.replicas.others import Held
from bridge.service.replicas.store import open_store
from bridge.service.tokens import Tokens
from tests.replicas.people import (
    CALLS,
    LINE,
    PLACES,
    SECRET,
    SERVICE,
    call,
    is_up,
    replica,
    until,
    until_found,
)
from tests.replicas.redis_server import RedisServer

LEASE_S = 0.9


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (desk, keeper):
        monkeypatch.setattr(module, "LEASE_MS", LEASE_S * 1000)
    monkeypatch.setattr(keeper, "BEAT_S", 0.2)
    monkeypatch.setattr(keeper, "PATIENCE_S", 0.2)


async def vanishes(url: str, *calls: Held, port: int = 9) -> str:
    """A replica says once what calls it has, and is never heard of again; its name."""
    name = f"dead@127.0.0.1:{port}"
    async with open_store(url) as redis:
        lost = Desk(redis, SERVICE, name, Tokens(SECRET))
        async with redis.redis.pipeline(transaction=False) as pipe:
            await lost.keeps(pipe, [(each, lost.letters.entry(each)) for each in calls], [])
            await pipe.execute()
    return name


@asynccontextmanager
async def answering(name: str) -> AsyncIterator[int]:
    """A process that says it is the replica of this name; its port."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live", "replica": name})

    app = web.Application()
    app.router.add_get("/health/live", live)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_the_calls_of_a_lost_replica_are_ended_by_one_of_the_others(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(replica(redis.url)) for _ in range(2)]
        await is_up(*others)
        talking = Held(call("a1"), line=LINE, connection_id="c1", has_media=True)
        ringing = Held(call("a2"), line=LINE)
        await vanishes(redis.url, talking, ringing)
        buried = [each.book.buried for each in others]
        await until(lambda: sum(book.qsize() for book in buried) >= 2)
        await asyncio.sleep(2 * LEASE_S)  # for one report too many
        found = [book.get_nowait() for book in buried for _ in range(book.qsize())]
        assert sorted(held.call.id for held, _ in found) == ["a1", "a2"]
        ends = {held.call.id: record for held, record in found}
        assert ends["a1"].end == CallEnd(By.BRIDGE, Reason.REPLICA_LOST, Then.NOTHING)
        assert ends["a1"].lasted_ms >= 1_000
        assert ends["a2"].lasted_ms == 0, "it had no media"
        assert await others[0].fleet.claim(call("a1"), "c1") is None, "it is over"
        async with redis.client() as client:
            assert await client.hgetall(CALLS) == {}
            known = await client.hkeys(PLACES)
        assert sorted(known) == sorted(each.fleet.desk.me for each in others)


async def test_a_replica_that_leaves_is_nobodys_neighbour_any_more(redis: RedisServer) -> None:
    async with replica(redis.url) as stays:
        async with replica(redis.url) as leaves:
            await until(lambda: stays.fleet.neighbours == (leaves.fleet.desk.me,))
        await until(lambda: stays.fleet.neighbours == ())
        async with redis.client() as client:
            assert await client.hkeys(PLACES) == [stays.fleet.desk.me]


async def test_a_replica_that_only_has_lost_its_way_to_redis_keeps_its_calls(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(replica(redis.url))
        await is_up(other)
        async with answering("dead") as port:
            with capture_logs() as logs:
                await vanishes(redis.url, Held(call(), connection_id="c1"), port=port)
                await until(lambda: any(line["event"] == "replicas.cut_off" for line in logs))
                await asyncio.sleep(LEASE_S)
                assert other.book.buried.empty()
        async with asyncio.timeout(10):
            held, _ = await other.book.buried.get()
        assert held.call == call(), "now it does not answer"


async def test_another_process_at_the_same_address_is_not_taken_for_it(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(replica(redis.url))
        await is_up(other)
        port = await stack.enter_async_context(answering("somebody else"))
        await vanishes(redis.url, Held(call(), connection_id="c1"), port=port)
        async with asyncio.timeout(10):
            await other.book.buried.get()


async def test_after_an_outage_everybody_has_time_to_say_that_they_are_there(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(replica(redis.url)) for _ in range(2)]
        await is_up(*both)
        for number, each in enumerate(both):
            each.fleet.holds(Held(call(f"a{number}"), connection_id="c1", has_media=True))
        await asyncio.sleep(LEASE_S)
        redis.hangs()
        await until(lambda: not any(each.fleet.desk.store.is_up for each in both))
        await asyncio.sleep(2 * LEASE_S)
        redis.goes_on()
        await is_up(*both)
        await asyncio.sleep(2 * LEASE_S)
        assert all(each.book.buried.empty() for each in both)


async def test_what_a_redis_has_forgotten_it_is_told_again(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(replica(redis.url)) for _ in range(2)]
        await is_up(one, other)
        one.fleet.holds(Held(call(), line=LINE))
        await redis.is_killed()
        await until(lambda: not any(each.fleet.desk.store.is_up for each in (one, other)))
        await redis.starts()
        await is_up(one, other)
        async with redis.client() as client:
            await until_found(lambda: client.hget(CALLS, "a1"))
        held = await other.fleet.claim(call(), "c1")
        assert held
        assert held.line == LINE


async def test_a_call_that_came_to_two_while_redis_was_away_is_whose_media_it_is(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        answered = await stack.enter_async_context(replica(redis.url))
        talks = await stack.enter_async_context(replica(redis.url))
        await is_up(answered, talks)
        answered.fleet.holds(Held(call(), line=LINE))
        await asyncio.sleep(0.5)
        talks.fleet.holds(Held(call(), line=LINE, connection_id="c1", has_media=True))
        async with asyncio.timeout(10):
            assert await answered.book.gone.get() == "a1"
        assert talks.book.gone.empty()
