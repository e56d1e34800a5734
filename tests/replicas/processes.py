"""`interlude serve`, several times, as processes of their own, behind a proxy that knows them."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, get_args

import aiohttp

from bridge.lab.acs import AcsStandIn
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from tests.replicas.people import SECRET
from tests.replicas.proxy import Kind, Proxy
from tests.replicas.stage import EVENTGRID_KEY, variables

FLOW = """
from bridge import Callflow
NO_TURNS = {"turn_detection": {"type": "azure_semantic_vad", "speech_duration_ms": 3_600_000}}
flow = Callflow(number="+18005550100", silence=None, raw=NO_TURNS)
"""
"""A line that takes numbered samples for no words."""


@dataclass
class Server:
    """One process."""

    url: str
    log: Path
    process: asyncio.subprocess.Process
    is_ready: bool = False

    def lines(self) -> Iterator[dict[str, Any]]:
        """What it has logged so far."""
        for line in self.log.read_text().splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    def ended(self) -> list[dict[str, Any]]:
        """The calls that it has reported."""
        return [line for line in self.lines() if line["event"] == "call.ended"]

    def is_told_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def hangs(self) -> None:
        """It takes connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def goes_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def is_killed(self) -> None:
        self.process.kill()
        await self.process.wait()


@dataclass
class Deployment:
    acs: AcsStandIn
    voices: VoiceLiveStandIn
    proxy: Proxy
    env: dict[str, str]
    folder: Path
    servers: list[Server] = field(default_factory=list)

    async def starts(self) -> Server:
        """Another replica, once it is ready."""
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        log = self.folder / f"{port}.log"
        with log.open("w") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bridge", "serve"),
                env=os.environ | self.env | {"INTERLUDE_PORT": str(port)},
                stdout=output,
                stderr=output,
            )
        server = Server(f"http://127.0.0.1:{port}", log, process)
        self.servers.append(server)
        async with asyncio.timeout(30):
            while not server.is_ready:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        return server

    async def watch(self) -> None:
        """Ask all of them, again and again, whether they are ready, as an orchestrator does."""
        patience = aiohttp.ClientTimeout(2)
        async with aiohttp.ClientSession(timeout=patience) as session:
            while True:
                for server in self.servers:
                    try:
                        async with session.get(f"{server.url}/health/ready") as response:
                            server.is_ready = response.status == 200
                    except (aiohttp.ClientError, TimeoutError):
                        server.is_ready = False
                await asyncio.sleep(0.1)


@asynccontextmanager
async def deployment(redis_url: str, folder: Path, **settings: Any) -> AsyncIterator[Deployment]:
    """Both clouds and a proxy that takes whichever ready process comes next; none runs yet."""
    flows = folder / "flows"
    flows.mkdir()
    (flows / "line.py").write_text(FLOW)
    # In turn for each kind: else the requests of one call may have one replica get all media.
    turns: dict[Kind, Iterator[int]] = {
        kind: count(first) for first, kind in enumerate(get_args(Kind))
    }

    def choose(kind: Kind, _: str) -> str:
        ready = [server for server in running.servers if server.is_ready]
        return ready[next(turns[kind]) % len(ready)].url

    async with AsyncExitStack() as stack:
        acs = await stack.enter_async_context(AcsStandIn(Studio()))
        voices = await stack.enter_async_context(VoiceLiveStandIn(Studio()))
        proxy = await stack.enter_async_context(Proxy(SECRET, choose))
        own = {
            "redis_url": redis_url,
            "interlude_flows": flows,
            "interlude_prompts": folder / "prompts",
        }
        named = variables(acs, voices, proxy.url) | own | settings
        env = {name.upper(): str(value) for name, value in named.items()}
        running = Deployment(acs, voices, proxy, env, folder)
        watching = asyncio.create_task(running.watch())
        try:
            yield running
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            for server in running.servers:
                if server.process.returncode is None:
                    await server.is_killed()


async def subscribe(running: Deployment) -> None:
    """Have ACS announce calls; somebody must be ready."""
    await running.acs.subscribe(f"{running.proxy.url}/acs/events?key={EVENTGRID_KEY}")
