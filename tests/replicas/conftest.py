"""Real time, as Redis is a process of its own; and a Redis for each test that wants one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.replicas.redis_server import RedisServer, missing


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"real": asyncio.SelectorEventLoop}


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis of this test's own, over a socket in its folder."""
    if why := missing():
        pytest.skip(why)
    server = RedisServer(tmp_path)
    await server.starts()
    yield server
    await server.is_killed()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as asking:
        yield asking


@pytest.fixture
def quick_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have streams notice soon that nobody reads them any more."""
    monkeypatch.setattr("bridge.service.floor.streams.PING_S", 0.1)
