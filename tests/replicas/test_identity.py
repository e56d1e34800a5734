"""Redis by an identity of Entra: tokens in place of a password, and the next before one ends.

Where two object ids are one after the other, they stand for two tokens of one: so Redis tells which
of them a connection has shown.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError
from structlog.testing import capture_logs

from bridge.doctor.finding import Finding, Verdict
from bridge.doctor.sharing import check_redis
from bridge.service.replicas import identity
from bridge.service.replicas.store import Store, open_store
from tests.doctor.servers import silent
from tests.replicas.azures_redis import AzuresRedis, azures_redis, new_id
from tests.replicas.people import call, is_up, replica, until, until_found
from tests.replicas.redis_server import missing
from tests.replicas.test_doctor import settings

pytestmark = pytest.mark.once

ME = new_id()


@pytest.fixture
async def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AzuresRedis]:
    if why := missing():
        pytest.skip(why)
    monkeypatch.setattr(identity, "LOOK_S", 0.02)
    async with azures_redis(tmp_path, monkeypatch) as redis:
        yield redis


async def test_it_connects_as_its_object_id_with_a_token(azure: AzuresRedis) -> None:
    await azure.issues(ME)
    async with open_store(azure.url) as store:
        assert await store.redis.acl_whoami() == ME
        assert await azure.users() == [(await store.redis.client_id(), ME)]


async def test_a_password_that_is_named_is_what_is_shown(azure: AzuresRedis) -> None:
    await azure.issues(ME)
    async with open_store(azure.url.replace("//", "//:another-password@")) as store:
        with pytest.raises(AuthenticationError):
            await store.redis.ping()


async def test_connections_have_shown_the_newer_token_when_the_older_ends(
    azure: AzuresRedis,
) -> None:
    first, second = new_id(), new_id()
    await azure.issues(first, lasts_s=2)
    with capture_logs() as logs:
        async with replica(azure.url) as one:
            await is_up(one)
            await until_found(lambda: are_all(azure, first))
            await azure.issues(second)
            await until_found(lambda: are_all(azure, second))
            await azure.ends(first)
            assert await one.fleet.desk.store.ask(one.fleet.desk.store.redis.ping)
    told = [line["event"] for line in logs if line["event"].startswith("redis.")]
    assert told == ["redis.up"]


async def are_all(azure: AzuresRedis, object_id: str) -> bool:
    """Whether whoever is connected has shown the token of this identity."""
    return {user for _, user in await azure.users()} == {object_id}


async def test_no_question_fails_while_connections_are_replaced(azure: AzuresRedis) -> None:
    await azure.issues(ME, lasts_s=1)
    connections: set[int] = set()
    async with open_store(azure.url) as store:
        until_s = time.monotonic() + 3
        asking = [asyncio.create_task(echoes(store, until_s)) for _ in range(8)]
        while time.monotonic() < until_s:
            connections.update(number for number, _ in await azure.users())
            await azure.issues(ME, lasts_s=1)
        assert min(await asyncio.gather(*asking)) > 10
    assert len(connections) > len(asking)


async def echoes(store: Store, until_s: float) -> int:
    """How many questions were answered, each with its own answer."""
    asked = 0
    while time.monotonic() < until_s:
        assert await store.redis.echo(str(asked)) == str(asked)
        asked += 1
    return asked


async def test_a_redis_that_hangs_when_a_token_is_renewed_ends_no_renewing(
    azure: AzuresRedis,
) -> None:
    first, second, third = new_id(), new_id(), new_id()
    await azure.issues(first, lasts_s=1)
    async with open_store(azure.url) as store:
        await store.redis.ping()
        await azure.issues(second, lasts_s=1)
        azure.server.hangs()
        await asyncio.sleep(4)  # 1 until it is renewed, 2 until Redis is waited for no longer
        azure.server.goes_on()
        await azure.issues(third)
        await until_found(lambda: is_known_as(store, third))


async def is_known_as(store: Store, object_id: str) -> bool:
    try:
        return bool(await store.redis.acl_whoami() == object_id)
    except (AuthenticationError, OSError):
        return False


async def test_an_identity_service_that_is_lost_is_like_redis_lost_once_the_token_has_ended(
    azure: AzuresRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.voicelive.identity._PATIENCE_S", 0.3)
    await azure.issues(ME, lasts_s=2)
    with capture_logs() as logs:
        async with replica(azure.url) as one:
            await is_up(one)
            azure.identity.answers.clear()
            await until(lambda: "redis.no_token" in {line["event"] for line in logs})
            await azure.ends(ME)
            one.fleet.stirred.set()
            await until(lambda: not one.fleet.desk.store.is_up)
            began_s = time.monotonic()
            assert await one.fleet.claim(call(), "c1")
            assert time.monotonic() - began_s < 0.05
            await azure.issues(ME)
            azure.identity.answers.set()
            await is_up(one)
    told = [line["event"] for line in logs if line["event"].startswith("redis.")]
    assert told == ["redis.up", "redis.no_token", "redis.down", "redis.token", "redis.up"]


async def test_an_identity_service_that_says_nothing_holds_nobody_up(
    azure: AzuresRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with silent() as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", url)
        async with replica(azure.url) as one:
            began_s = time.monotonic()
            assert await one.fleet.claim(call(), "c1")
            assert time.monotonic() - began_s < 0.05
            assert not one.fleet.desk.store.is_up


async def test_an_opaque_token_is_none(azure: AzuresRedis) -> None:
    with capture_logs() as logs:
        async with open_store(azure.url):
            await until(lambda: bool(logs))
    assert logs == [{"event": "redis.no_token", "error": "opaque token", "log_level": "warning"}]


async def test_the_doctor_says_who_is_to_be_let_in(azure: AzuresRedis) -> None:
    await azure.issues(ME)
    assert (await found(azure)).verdict is Verdict.OK
    await azure.ends(ME)
    told = await found(azure)
    assert told.verdict is Verdict.PROBLEM
    assert "does not let this service in" in told.says
    assert f"object id {ME}: az redisenterprise" in told.remedy


async def test_the_doctor_sees_that_there_is_no_identity(
    azure: AzuresRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    told = await found(azure)
    assert told.verdict is Verdict.PROBLEM
    assert "Entra gives no token" in told.says
    assert "rediss://:KEY@HOST:PORT/0" in told.remedy


async def found(azure: AzuresRedis) -> Finding:
    (finding,) = await check_redis(settings(azure.url))
    return finding
