"""The proxy of compose.yaml, as it is: a real Caddy in front of a service."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.call.ends import By, Reason
from bridge.service.flows import Flows
from bridge.trial import trial
from tests.replicas.numbered import LINE, RATE_HZ, is_whole, line, matches, numbers
from tests.replicas.people import until, until_found
from tests.validators.conftest import DEPLOY, tool

WHY = "make test-deploy installs it"
SECONDS = 4


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@dataclass
class Caddy:
    program: str
    file: Path
    env: dict[str, str]

    async def does(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(self.program, *arguments, "--config", str(self.file), "--adapter", "caddyfile"),
            env=os.environ | self.env,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def reloads(self) -> None:
        done = await self.does("reload", "--force")
        assert await done.wait() == 0


@asynccontextmanager
async def caddy(port: int, behind: str, folder: Path) -> AsyncIterator[Caddy]:
    """Serve at a port with the file of compose.yaml, in front of another address."""
    text = (DEPLOY / "Caddyfile").read_text()
    assert "bridge:8080" in text
    file = folder / "Caddyfile"
    file.write_text(text.replace("bridge:8080", behind))
    env = {
        "INTERLUDE_NAME": f"http://127.0.0.1:{port}",
        "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    running = Caddy(tool("caddy", WHY), file, env)
    process = await running.does("run")
    try:
        yield running
    finally:
        process.terminate()
        await process.wait()


async def status(web: aiohttp.ClientSession, url: str) -> int:
    async with web.get(url) as answer:
        return answer.status


async def test_a_call_passes_caddy_and_notices_no_reload_and_figures_do_not(
    tmp_path: Path,
) -> None:
    port, behind = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        caddy(port, f"127.0.0.1:{behind}", tmp_path) as front,
        trial(Flows({"line": line()}), port=behind, interlude_public_url=url) as scene,
        aiohttp.ClientSession() as web,
    ):

        async def is_there() -> bool:
            try:
                return await status(web, f"{url}/health/live") == 200
            except aiohttp.ClientConnectionError:
                return False

        await until_found(is_there, 20)
        assert await status(web, f"{url}/metrics") == 404
        phone = await scene.acs.dial(LINE)
        await phone.answered()
        await until(lambda: bool(scene.voices.sessions))
        (session,) = scene.voices.sessions
        asked, answer = numbers(0, SECONDS), numbers(1_000, SECONDS)
        talking = asyncio.gather(phone.plays(asked, RATE_HZ), session.plays(answer))
        await asyncio.sleep(1)
        await front.reloads()
        await talking
        await asyncio.sleep(1)
        assert len(matches([session], asked)) == 1, "the caller is heard, whole"
        assert is_whole(phone.received, answer), "and the agent"
        await phone.hangs_up()
        end = (await scene.record()).end
        assert end
        assert (end.by, end.reason) == (By.CALLER, Reason.HUNG_UP)
