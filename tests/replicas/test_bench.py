"""`interlude bench deployed` against two replicas behind nginx, which deals requests in turn."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.deployments import Bench, bridge, free_port
from tests.replicas import nginx as proxies
from tests.replicas.redis_server import RedisServer

CALLS = 6


@pytest.mark.once
async def test_calls_of_two_replicas_behind_a_proxy_are_carried(
    redis: RedisServer, tmp_path: Path
) -> None:
    if why := proxies.missing():
        pytest.skip(why)
    bench, ports = Bench(tmp_path), [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    async with proxies.nginx(urls, tmp_path) as front:
        with ExitStack() as stack:
            for port in ports:
                stack.enter_context(bridge(bench, port, front.url, REDIS_URL=redis.url))
            options = ["--calls", str(CALLS), "--seconds", "4"]
            options += [part for url in urls for part in ("--replica", url)]
            done, (step,) = await asyncio.to_thread(bench.runs, front.url, *options)
    assert done.returncode == 0, done.stderr
    assert (step["calls"], step["gone"], step["failed"], step["lost"]) == (CALLS, 0, {}, 0)
    assert sum(replica["calls"] for replica in step["replicas"]) == CALLS
    assert {address for address, _ in front.dealt()} == {f"127.0.0.1:{port}" for port in ports}
