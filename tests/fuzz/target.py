"""One door under Atheris, in a process of its own, which any exception ends; `doors` starts it.

Atheris makes up bodies from those in `corpus/`, and goes where they lead the code to new places.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import atheris
import orjson
import structlog

from bridge.lab.clock import VirtualTimeLoop
from tests.fuzz.spoiling import spoilt

with atheris.instrument_imports(include=["bridge.acs", "bridge.service.announcements"]):
    from tests.fuzz.behind import CORPUS, DOORS

LONGEST = 4_096
"""Bytes in a body: what is longer is of no other kind."""
_HANGS_S = 10


def fuzz(door: Callable[[bytes], Awaitable[None]], seeds: Path, runs: int, folder: str) -> None:
    """Give a door `runs` bodies; does not return: libFuzzer ends the process.

    `folder` gets the bodies that led to new places, and the one that nobody expected.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    loop = VirtualTimeLoop()
    unhandled: list[BaseException] = []

    def note(_: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        unhandled.append(told.get("exception") or RuntimeError(told["message"]))

    loop.set_exception_handler(note)

    def once(body: bytes) -> None:
        loop.run_until_complete(door(body))
        if unhandled:
            raise unhandled[0]

    options = [f"-atheris_runs={runs}", f"-max_len={LONGEST}", f"-timeout={_HANGS_S}"]
    options += [f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *options, folder, str(seeds)], once, custom_mutator=_mutated)
    atheris.Fuzz()


def _mutated(body: bytes, most: int, seed: int) -> bytes:
    """Bytes that libFuzzer changed are seldom JSON any more, so it is left to it now and then."""
    random = Random(seed)  # noqa: S311 - no secret
    if random.random() < 7 / 8:
        with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
            content = orjson.dumps(spoilt(orjson.loads(body), random))
            if len(content) <= most:
                return content
    return bytes(atheris.Mutate(body, most))


if __name__ == "__main__":
    name, runs, folder = sys.argv[1:]
    fuzz(DOORS[name], CORPUS / name, int(runs), folder)
