"""Replicas that meet in a real Redis, without a service around them."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from bridge import Callflow, Limits
from bridge.acs.events import IncomingCall
from bridge.call.legs import PhoneError
from bridge.service.announcements import Draining
from bridge.service.capacity import Shortage
from bridge.service.replicas.others import Held
from tests.replicas.people import (
    CALLS,
    JANE,
    LINE,
    Replica,
    call,
    callback,
    is_up,
    replica,
    until,
    until_found,
)
from tests.replicas.redis_server import RedisServer

SOON_S = 5


async def two(
    stack: AsyncExitStack, redis: RedisServer, sessions: int = 0
) -> tuple[Replica, Replica]:
    one, other = [
        await stack.enter_async_context(replica(redis.url, sessions=sessions)) for _ in range(2)
    ]
    await is_up(one, other)
    return one, other


async def shown(client: Redis, key: str) -> object:
    """What is under a key, of whatever kind."""
    match await client.type(key):
        case "hash":
            return await client.hgetall(key)
        case "stream":
            return await client.xrange(key)
        case "zset":
            return await client.zrange(key, 0, -1)
    return await client.get(key)


async def is_there(redis: RedisServer, count: int = 1) -> bool:
    """Whether Redis has so many calls."""
    async with redis.client() as client:
        return await client.hlen(CALLS) == count


async def is_noted(redis: RedisServer, what: str | None) -> bool:
    """Whether this is what is noted of the one call that rings."""
    async with redis.client() as client:
        noted = [await client.get(key) for key in await client.keys("*ring:*")]
    return noted == ([what] if what else [])


def ring(number: int = 1) -> IncomingCall:
    return IncomingCall(LINE, JANE, "context", "server call", f"c{number}", datetime.now(UTC))


class Answering:
    """Takes ringing calls, for as long as it is told to."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.goes_on = asyncio.Event()
        self.fails = False

    async def __call__(self, ringing: IncomingCall) -> None:
        self.taken.append(ringing.correlation_id)
        await self.goes_on.wait()
        if self.fails:
            raise PhoneError("ACS answered 500")


async def test_a_ringing_call_is_taken_by_one_replica(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis)
        take = Answering()
        first = asyncio.create_task(one.fleet.once(ring(), take))
        await until(lambda: bool(take.taken))
        with pytest.raises(Draining):  # so Event Grid asks again, should the first fail
            await other.fleet.once(ring(), take)
        take.goes_on.set()
        await first
        await until_found(lambda: is_noted(redis, "done"))
        await other.fleet.once(ring(), take)
        assert take.taken == ["c1"]
        await other.fleet.once(ring(2), take)
        assert take.taken == ["c1", "c2"]


async def test_a_call_that_could_not_be_answered_is_for_anybody_again(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis)
        take = Answering()
        take.fails = True
        take.goes_on.set()
        with pytest.raises(PhoneError):
            await one.fleet.once(ring(), take)
        take.fails = False
        await until_found(lambda: is_noted(redis, None))
        await other.fleet.once(ring(), take)
        assert take.taken == ["c1", "c1"]


async def test_callbacks_reach_whoever_has_the_call_and_what_is_pressed_is_sealed(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis)
        one.fleet.holds(Held(call(), line=LINE))
        await until_found(lambda: is_there(redis))
        tone = callback("ContinuousDtmfRecognitionToneReceived", tone="seven")
        other.fleet.forward(call(), [callback(), tone])
        async with asyncio.timeout(SOON_S):
            assert await one.book.heard.get() == (call(), [callback(), tone])
        async with redis.client() as client:
            kept = str([await shown(client, str(key)) for key in await client.keys("*")])
        assert JANE not in kept
        assert "seven" not in kept
        assert "a1" in kept, "this has looked in the right place"


async def test_the_media_of_a_call_comes_once_and_whoever_answered_lets_go(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis)
        one.fleet.holds(Held(call(), line=LINE, connection_id="c1", why="full", is_placed=True))
        await until_found(lambda: is_there(redis))
        assert await other.fleet.claim(call(), "somebody else's") is None
        held = await other.fleet.claim(call(), "c1")
        assert held == Held(
            call(), line=LINE, connection_id="c1", has_media=True, is_placed=True, why="full"
        )
        async with asyncio.timeout(SOON_S):
            assert await one.book.gone.get() == "a1"
        assert await one.fleet.claim(call(), "c1") is None
        assert await other.fleet.claim(call(), "c1") is None
        one.fleet.forward(call(), [callback()])
        async with asyncio.timeout(SOON_S):
            assert await other.book.heard.get() == (call(), [callback()])
        other.fleet.holds(held)
        other.fleet.forgets(call())
        await until_found(lambda: is_there(redis, count=0))
        assert await one.fleet.claim(call(), "c1") is None, "it is over"


async def test_a_line_has_its_calls_over_all_replicas(redis: RedisServer) -> None:
    flow = Callflow(number=LINE, limits=Limits(most_calls=3))
    async with AsyncExitStack() as stack:
        both = await two(stack, redis)
        said = await asyncio.gather(
            *(both[n % 2].fleet.admit(call(f"a{n}"), flow) for n in range(8))
        )
        assert said.count(None) == 3
        assert said.count(Shortage.QUOTA) == 5
        let_in = said.index(None)
        both[let_in % 2].fleet.releases(call(f"a{let_in}"))

        async def fits() -> bool:
            return await both[0].fleet.admit(call("one more"), flow) is None

        await until_found(fits)


async def test_sessions_of_a_minute_are_counted_over_all_replicas(redis: RedisServer) -> None:
    flow = Callflow(number=LINE)
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis, sessions=10)
        said = [await one.fleet.admit(call(f"a{n}"), flow) for n in range(5)]
        said += [await other.fleet.admit(call(f"b{n}"), flow) for n in range(5)]
        assert said == [None] * 8 + [Shortage.SESSIONS] * 2, "a fifth is left to calls in progress"
        await until(lambda: other.capacity.pace.free() <= 3)
        assert other.capacity.pace.free() == 3
        one.fleet.releases(call("a0"))

        async def fits() -> bool:
            return await other.fleet.admit(call("b9"), flow) is None

        await until_found(fits)


async def test_waits_are_learned_from_each_other_and_outlast_a_replica(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = await two(stack, redis)
        one.history.note((LINE, "order_status"), 4_000)
        await until(lambda: bool(other.history.of((LINE, "order_status"))))
        assert other.history.of((LINE, "order_status")) == (4_000,)
        assert one.history.of((LINE, "order_status")) == (4_000,), "once"
    async with replica(redis.url) as third:
        await until(lambda: bool(third.history.of((LINE, "order_status"))))
