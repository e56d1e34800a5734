"""`interlude serve` as it is deployed, doors shut, and `interlude bench deployed` beside it."""

import json
import os
import socket
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.site import authority_file, make_site
from tests.lab.serve.processes import running
from tests.replicas.people import SECRET

AT = "127.0.0.2"
"""On loopback, but not what a bridge takes for it: http is refused."""
EVENTGRID_KEY = "event-grid-key-of-the-bench"
READ_KEY = "read-key-of-the-bench-0123456789abcdef"


def free_port(host: str = AT) -> int:
    """One that is free, and so is the next."""
    while True:
        with socket.create_server((host, 0)) as door:
            port: int = door.getsockname()[1]
            try:
                with socket.create_server((host, port + 1)):
                    return port
            except OSError:
                continue


@dataclass
class Bench:
    """Where the command runs, and what it tells a bridge."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def settings(self) -> dict[str, str]:
        trust = {"SSL_CERT_FILE": str(self.folder / authority_file(AT))}
        return {**make_site(AT, self.port, self.folder).settings, **trust}

    def runs(
        self, url: str, *options: str, key: str = EVENTGRID_KEY
    ) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
        """The command, to its end, and what it has measured."""
        out = self.folder / "out.json"
        here = ("--at", AT, "--port", str(self.port), "--out", str(out))
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bridge", "bench", "deployed", url, *here, *options],
            cwd=self.folder,
            env=os.environ | {"EVENTGRID_KEY": key, "INTERLUDE_READ_KEY": READ_KEY},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done, json.loads(out.read_text())["results"]


def bridge(
    bench: Bench, port: int, public_url: str, **settings: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    """A bridge in another process, with the settings that the bench wants."""
    own = {
        "INTERLUDE_HOST": "127.0.0.1",
        "INTERLUDE_PORT": str(port),
        "INTERLUDE_PUBLIC_URL": public_url,
        "INTERLUDE_SECRET": SECRET,
        "INTERLUDE_READ_KEY": READ_KEY,
        "INTERLUDE_PROMPTS": str(bench.folder / "prompts"),
        "INTERLUDE_DRAIN_S": "1",
        "EVENTGRID_KEY": EVENTGRID_KEY,
    }
    return running("-m", "bridge", "serve", ready='"serving"', env=bench.settings | own | settings)
