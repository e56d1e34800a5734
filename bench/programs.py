"""The programs that are compared, each as a process of its own on a core of its own."""

import asyncio
import contextlib
import os
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from uuid import uuid4

import aiohttp
from prometheus_client.samples import Sample

from bench.clouds import Clouds
from bench.media import Answered
from bench.replicas import figures
from bench.site import ACCESS_KEY
from bench.turns import TOOL, TOOL_S
from bridge.flow.call import Call
from bridge.service.doors import Doors
from bridge.service.tokens import Tokens

PROGRAMS = ("product", "bare", "unpaced", "typed")
"""Interlude, and the relays of `bench.relay`."""

_ROOT = Path(__file__).parent.parent
_CORES = sorted(os.sched_getaffinity(0))
_READY_S, _STOP_S = 20.0, 8.0
_SECRET = secrets.token_hex()
_OURS = ("INTERLUDE_", "ACS_", "VOICELIVE_", "EVENTGRID_", "AZURE_", "PYTHON")
_FLOW = """import asyncio

from bridge import Callflow

flow = Callflow(
    number={scenario.number!r},
    instructions="Talk.",
    silence=None,
    phone_rate_hz={scenario.phone_hz},
    voice_audio={scenario.voice_audio!r},
)


@flow.tool
async def {tool}(order: int) -> str:
    \"\"\"Look an order up.\"\"\"
    await asyncio.sleep({tool_s})
    return f"Order {{order}} is on its way."
"""


class ProgramFailed(Exception):
    """It did not start, or stopped early; the message ends with its last words."""


@dataclass
class Program:
    """A running program."""

    name: str
    url: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def cpu_s(self) -> float:
        """Processor time of all its threads so far, in seconds, to the nanosecond.

        The clock is what `clock_getcpuclockid` returns for the process.
        """
        return time.clock_gettime((~self.process.pid << 3) | 2)

    @property
    def waited_s(self) -> float:
        """How long its event loop was ready to run so far, and its core was another's."""
        return waited_s(self.process.pid)

    @property
    def rss_kib(self) -> int:
        """Its resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() // 1024

    @property
    def descriptors(self) -> int:
        """Its open files and sockets."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    @property
    def threads(self) -> int:
        """How many it has."""
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    async def figures(self, clouds: Clouds) -> list[Sample]:
        """What its `/metrics` say; of a relay, nothing can be asked."""
        return await figures(clouds.http, self.url)

    def answered(self, clouds: Clouds) -> Answered:
        """One more call, without the webhook.

        The product is told that another process has answered it: such a call is taken, however
        many there are.
        """
        if self.name != "product":
            return Answered(f"{self.url}/media")
        call = Call(uuid4().hex, "+18005550177", clouds.scenario.number, uuid4().hex)
        return Answered(Doors(self.url, Tokens(_SECRET)).media(call))

    def profiled(self, *, begins: bool) -> None:
        """Begin or end the profile that the program was started with."""
        self.process.send_signal(signal.SIGUSR1 if begins else signal.SIGUSR2)

    def check(self) -> None:
        """See that it runs.

        Raises:
            ProgramFailed: it does not.
        """
        if self.process.returncode is not None:
            code = self.process.returncode
            raise ProgramFailed(f"{self.name} ended with {code}: {self.last_words}")

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-2000:]


def waited_s(process: int | str = "self") -> float:
    """How long the first thread of a process was ready to run, and its core was another's.

    Linux counts that in `schedstat`; 0 where it does not.
    """
    with contextlib.suppress(FileNotFoundError):
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


@contextlib.asynccontextmanager
async def running(
    name: str,
    clouds: Clouds,
    profile: Path | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Program]:
    """Start a program between the clouds and keep it on the last core, and us on the first.

    Further settings are the product's.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        if name == "product":
            command = ["-m", "bridge", "serve"]
            environment |= {**_settings(clouds, port, home), **settings}
        else:
            command = ["-m", "bench.relay", name, str(port), clouds.voice_url]
            command.append(str(clouds.scenario.relay_hz))
        if profile:
            command = ["-m", "bench.profiled", str(profile), *command[1:]]
        log = home / "log"
        process = await _started(command, environment, log)
        program = Program(name, url, process, log)
        try:
            await _is_ready(program, clouds)
            yield program
            program.check()
        finally:
            await _stop(process)


async def _started(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> asyncio.subprocess.Process:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=_ROOT, env=environment, stdout=output, stderr=output
        )
    # Before the program has a second thread: those inherit it.
    os.sched_setaffinity(process.pid, {_CORES[-1]})
    os.sched_setaffinity(0, {_CORES[0]})
    return process


def _settings(clouds: Clouds, port: int, home: Path) -> dict[str, str]:
    flows = home / "lines"
    flows.mkdir()
    text = _FLOW.format(scenario=clouds.scenario, tool=TOOL, tool_s=TOOL_S)
    (flows / "line.py").write_text(text)
    return {
        "INTERLUDE_AUTH": "off",
        "INTERLUDE_HOST": "127.0.0.1",
        "INTERLUDE_PORT": str(port),
        "INTERLUDE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "INTERLUDE_FLOWS": str(flows),
        "INTERLUDE_PROMPTS": str(home / "prompts"),
        "INTERLUDE_SECRET": _SECRET,
        "INTERLUDE_SESSIONS_A_MINUTE": "0",
        "ACS_ENDPOINT": clouds.acs_url,
        "ACS_ACCESS_KEY": ACCESS_KEY,
        "VOICELIVE_ENDPOINT": clouds.voice_url,
        "VOICELIVE_API_KEY": "bench",
    }


async def _is_ready(program: Program, clouds: Clouds) -> None:
    give_up_at = time.monotonic() + _READY_S
    while time.monotonic() < give_up_at:
        program.check()
        with contextlib.suppress(aiohttp.ClientConnectionError):
            async with clouds.http.get(f"{program.url}/health/ready") as response:
                if response.ok:
                    return
        await asyncio.sleep(0.1)
    raise ProgramFailed(f"{program.name} was not ready after {_READY_S:g} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask twice, since the product lets calls end on the first; then end it."""
    for _ in range(2):
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port
