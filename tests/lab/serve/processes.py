"""The lab and its clients, each a process of its own, on real time."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CLIENTS = Path(__file__).parent / "clients"
LONGEST_S = 60


@contextmanager
def running(
    *command: str | Path, ready: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python process, from the line on its output that says it is ready; ended by SIGTERM."""
    process = subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, *command],
        env=os.environ | (env or {}) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        else:
            raise AssertionError("".join(said))
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=LONGEST_S)
        print("".join(said), rest)  # noqa: T201 - shown where a test fails
    assert process.returncode in (0, -signal.SIGTERM)


class LabProcess:
    """What `interlude lab serve` told, and requests to it as a person makes them with curl."""

    def __init__(self, variables: str) -> None:
        lines = (line.removeprefix("export ") for line in variables.splitlines())
        pairs = (shlex.split(line)[0].partition("=") for line in lines)
        self.variables = {name: value for name, _, value in pairs}

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """The answer to a request that is done."""
        status, answer = self.tries(method, path, content)
        assert status == 200, answer
        return answer

    def tries(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        """Status and answer of any request."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        url = f"{self.variables['LAB_URL']}{path}"
        request = Request(url, None if content is None else body, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=LONGEST_S) as response:  # noqa: S310 - loopback
                status, raw = response.status, response.read()
        except HTTPError as error:
            status, raw = error.code, error.read()
        return status, raw if raw.startswith(b"RIFF") else json.loads(raw)


@contextmanager
def lab_process(folder: Path, *options: str) -> Iterator[LabProcess]:
    env, ca = folder / "lab.env", folder / "lab-ca.pem"
    serve = ("-m", "bridge", "lab", "serve", "--port", "0", *options)
    with running(*serve, "--env", env, "--ca", ca, ready="The lab is open") as process:
        yield LabProcess(env.read_text())
        assert process.poll() is None
    assert not env.exists()
