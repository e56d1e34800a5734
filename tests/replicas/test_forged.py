"""What is in Redis and was not written by a replica of this service is passed over, and said so."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from bridge.service.replicas import desk, keeper
from bridge.service.replicas.others import Held
from bridge.service.tokens import Purpose, Tokens
from tests.replicas.people import CALLS, LINE, SECRET, call, is_up, replica, until, until_found
from tests.replicas.redis_server import RedisServer

DEAD = "dead@127.0.0.1:9"
STRANGER = "the secret of somebody else's line"


def notes(text: str) -> list[str]:
    """Sealed by the right secret, and of another release."""
    tokens = Tokens(SECRET)
    return [tokens.seal(Purpose.REPLICAS, call()), tokens.seal_note(text)]


@pytest.mark.parametrize(
    "message",
    [
        {"callbacks": "no JSON"},
        {"callbacks": orjson.dumps(["forged", "forged"]).decode()},
        {"callbacks": orjson.dumps(notes('[{"id": "1", "colour": "red"}]')).decode()},
        {"version": "forged"},
        {"version": Tokens(SECRET).seal_note("no JSON")},
    ],
)
async def test_a_message_that_no_replica_has_written_is_passed_over(
    redis: RedisServer, message: dict[Any, Any]
) -> None:
    async with replica(redis.url) as one:
        await is_up(one)
        where = one.fleet.desk.versions if "version" in message else one.fleet.desk.mailbox
        with capture_logs() as logs:
            async with redis.client() as client:
                await client.xadd(where, message)
            await until(lambda: any(line["event"] == "replicas.unreadable" for line in logs))
        assert one.book.heard.empty()
        one.fleet.holds(Held(call(), line=LINE))
        one.fleet.forward(call(), [])
        await until_found(lambda: is_kept(redis))


async def is_kept(redis: RedisServer) -> bool:
    """Whether the call is in Redis: the replica goes on."""
    async with redis.client() as client:
        return bool(await client.hexists(CALLS, "a1"))


async def test_a_call_of_somebody_elses_is_served_as_one_that_nobody_knows(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(replica(redis.url, secret=STRANGER))
        one = await stack.enter_async_context(replica(redis.url))
        await is_up(stranger, one)
        stranger.fleet.holds(Held(call(), line=LINE, is_placed=True))
        await until_found(lambda: is_kept(redis))
        assert await one.fleet.address_of(call()) is None, "nobody is sent to a stranger"
        claimed = await one.fleet.claim(call(), "c1")
        assert claimed == Held(call(), connection_id="c1", has_media=True)


async def test_the_calls_of_a_lost_replica_that_cannot_be_read_are_cleared_away(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (desk, keeper):
        monkeypatch.setattr(module, "LEASE_MS", 500)
    monkeypatch.setattr(keeper, "BEAT_S", 0.1)
    entries = {
        "forged": {"call": "forged"},
        "old": {"call": Tokens(SECRET).seal(Purpose.REPLICAS, call("old"))},
    }
    async with redis.client() as client:
        for name, entry in entries.items():
            told = {"owner": DEAD, "media": True, "connection": "c1", **entry}
            await client.hset(CALLS, name, orjson.dumps(told).decode())
        await client.zadd(CALLS.removesuffix("calls") + "replicas", {DEAD: 1})
    async with replica(redis.url) as one:
        with capture_logs() as logs:
            await until(lambda: any(line["event"] == "replicas.lost" for line in logs))
        unread = [line["call_id"] for line in logs if line["event"] == "replicas.unreadable"]
        assert sorted(unread) == ["forged", "old"]
        await asyncio.sleep(0.3)
        assert one.book.buried.empty()
        async with redis.client() as client:
            assert await client.hlen(CALLS) == 0


async def test_who_had_the_media_of_a_call_is_found_by_its_own_word(redis: RedisServer) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(replica(redis.url))
        other = await stack.enter_async_context(replica(redis.url))
        await is_up(one, other)
        assert await one.fleet.address_of(call()) is None
        await other.fleet.claim(call(), "c1")
        assert await one.fleet.address_of(call()) == "127.0.0.1:9"
        assert await other.fleet.address_of(call()) is None, "it is its own"
        await redis.is_killed()
        assert await one.fleet.address_of(call()) is None
