"""Redis that is slow, silent or gone: who asks is told so in time, and not again and again."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from bridge import Callflow, Limits
from bridge.service.replicas.others import Held
from bridge.service.replicas.store import (
    ASK_S,
    FIRST_PAUSE_S,
    Pauses,
    Store,
    Unavailable,
    open_store,
)
from tests.replicas.people import LINE, call, is_up, replica, until_found
from tests.replicas.redis_server import RedisServer

IN_TIME_S = ASK_S + 0.15
"""With what a busy machine adds."""


@pytest.fixture
async def store(redis: RedisServer) -> AsyncIterator[Store]:
    async with open_store(redis.url) as store:
        await store.redis.ping()
        store.seems(None)
        yield store


async def asks(store: Store) -> tuple[bool, float]:
    """Whether there was an answer, and how long that took."""
    began_s = time.monotonic()
    try:
        await store.ask(lambda: store.redis.get("key"))
    except Unavailable:
        return False, time.monotonic() - began_s
    return True, time.monotonic() - began_s


async def test_a_call_waits_50_ms_for_a_redis_that_hangs_and_the_next_not_at_all(
    redis: RedisServer, store: Store
) -> None:
    assert (await asks(store))[0]
    redis.hangs()
    answered, took_s = await asks(store)
    assert not answered
    assert ASK_S * 0.9 < took_s < IN_TIME_S
    for _ in range(10):
        answered, took_s = await asks(store)
        assert not answered
        assert took_s < 0.01
    redis.goes_on()
    await asyncio.sleep(FIRST_PAUSE_S)
    assert (await asks(store))[0]


async def test_a_redis_that_stays_slow_is_told_of_once_and_when_it_is_quick_again(
    redis: RedisServer, store: Store
) -> None:
    redis.hangs()
    with capture_logs() as logs:
        for _ in range(2):
            await asks(store)
            await asyncio.sleep(3 * FIRST_PAUSE_S)
        redis.goes_on()
        await until_found(lambda: asks_well(store))
    assert [line["event"] for line in logs] == ["redis.slow", "redis.quick"]


async def asks_well(store: Store) -> bool:
    return (await asks(store))[0]


async def test_nobody_waits_for_a_redis_that_is_known_to_be_gone(
    redis: RedisServer, store: Store
) -> None:
    await redis.is_killed()
    store.seems(ConnectionError())
    answered, took_s = await asks(store)
    assert not answered
    assert took_s < 0.01


def test_pauses_grow_to_ten_seconds_and_are_not_the_same_for_all() -> None:
    pauses, others = Pauses(), Pauses()
    first = [pauses.next_s() for _ in range(12)]
    assert 0.125 <= first[0] <= 0.25
    assert all(pause <= 10 for pause in first)
    assert first[-1] >= 5
    assert first != [others.next_s() for _ in range(12)]
    pauses.over()
    assert pauses.next_s() <= 0.25


async def test_each_change_is_logged_once(redis: RedisServer) -> None:
    with capture_logs() as logs:
        async with replica(redis.url) as one:
            await is_up(one)
            await redis.is_killed()
            async with asyncio.timeout(10):
                while one.fleet.desk.store.is_up:
                    one.fleet.stirred.set()
                    await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            await redis.starts()
            await is_up(one)
    told = [line["event"] for line in logs if line["event"].startswith("redis.")]
    assert told == ["redis.up", "redis.down", "redis.up"]


async def test_without_redis_a_process_decides_by_itself_from_the_start(
    redis: RedisServer,
) -> None:
    await redis.is_killed()
    flow = Callflow(number=LINE, limits=Limits(most_calls=1))
    async with replica(redis.url) as one:
        began_s = time.monotonic()
        for number in range(20):
            assert await one.fleet.admit(call(f"a{number}"), flow) is None
            claimed = await one.fleet.claim(call(f"a{number}"), "c1")
            assert claimed == Held(call(f"a{number}"), connection_id="c1", has_media=True)
            one.fleet.forgets(call(f"a{number}"))
        assert time.monotonic() - began_s < 0.5
