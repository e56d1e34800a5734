"""A real Redis, that can be stopped, killed and started again."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

PROGRAM = shutil.which("redis-server")


def missing() -> str | None:
    """Why tests with Redis cannot run here; where they have to, nothing is skipped."""
    if PROGRAM or os.environ.get("CI"):
        return None
    return "there is no redis-server; on Debian and Ubuntu: apt-get install redis-server"


class RedisServer:
    """It keeps nothing on disk: what it knew is gone when it starts again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._socket = folder / "redis.sock"
        self._options = options
        self.url = f"unix://{self._socket}"
        self._process: asyncio.subprocess.Process | None = None

    async def starts(self) -> None:
        assert PROGRAM, "CI needs redis-server: .ci/run installs it"
        # A unix socket: no port to be in use.
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, *options, *self._options, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(10), self.client() as client:
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.01)
                else:
                    return

    def client(self) -> Redis:
        """What looks in from outside."""
        return Redis.from_url(self.url, decode_responses=True)

    def hangs(self) -> None:
        """It takes connections, and answers nothing."""
        self._send(signal.SIGSTOP)

    def goes_on(self) -> None:
        self._send(signal.SIGCONT)

    async def is_killed(self) -> None:
        self._send(signal.SIGKILL)
        if self._process:
            await self._process.wait()
            self._process = None

    def _send(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
