"""What the doctor says about Redis, asked of a real one."""

from pathlib import Path
from typing import Any

from bridge.doctor.finding import Finding, Verdict
from bridge.doctor.sharing import check_redis
from bridge.service.settings import Settings, load_settings
from tests.replicas.people import SECRET
from tests.replicas.redis_server import RedisServer

REQUIRED: dict[str, Any] = {
    "interlude_public_url": "http://127.0.0.1:8080",
    "interlude_host": "127.0.0.1",
    "interlude_auth": "off",
    "interlude_secret": SECRET,
    "acs_endpoint": "http://127.0.0.1:9",
    "acs_access_key": "c2VjcmV0LWtleQ==",
    "voicelive_endpoint": "http://127.0.0.1:9",
    "voicelive_api_key": "k",
}


def settings(url: str | None) -> Settings:
    return load_settings(**REQUIRED, redis_url=url)


async def looked_at(url: str) -> list[Finding]:
    return await check_redis(settings(url))


async def test_a_redis_that_answers_is_well(redis: RedisServer) -> None:
    (finding,) = await looked_at(redis.url)
    assert finding.verdict is Verdict.OK
    assert "answers in" in finding.says


async def test_without_the_setting_nothing_is_looked_for() -> None:
    assert await check_redis(settings(None)) == []


async def test_one_that_is_not_there_leaves_each_replica_alone(tmp_path: Path) -> None:
    (finding,) = await looked_at(f"unix://{tmp_path}/nobody.sock")
    assert finding.verdict is Verdict.PROBLEM
    assert "each replica is alone" in finding.says
    assert "REDIS_URL" in finding.remedy


async def test_one_that_asks_for_a_password_is_not_taken_for_one_that_is_away(
    redis: RedisServer,
) -> None:
    async with redis.client() as client:
        await client.config_set("requirepass", "the-password")
    (finding,) = await looked_at(redis.url)
    assert finding.verdict is Verdict.PROBLEM
    assert "does not let this service in" in finding.says
    (finding,) = await looked_at(redis.url.replace("unix://", "unix://:the-password@"))
    assert finding.verdict is Verdict.OK


async def test_one_that_throws_calls_out_is_doubted(redis: RedisServer) -> None:
    async with redis.client() as client:
        await client.config_set("maxmemory-policy", "allkeys-lru")
    _, finding = await looked_at(redis.url)
    assert finding.verdict is Verdict.WARNING
    assert "allkeys-lru" in finding.says
