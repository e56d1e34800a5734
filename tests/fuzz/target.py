"""One door under Atheris, up to where what came in is acted on; nothing is sent.

Atheris makes up bodies from those in `corpus/`, and goes where they lead the code to new places.
What a door refuses, it refuses by its own exception; any other ends the process. `doors` starts it.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import atheris
import orjson
import structlog

from bridge.lab.clock import VirtualTimeLoop
from tests.fuzz.declared import check_types
from tests.fuzz.spoiling import spoilt

with atheris.instrument_imports(include=["bridge.acs", "bridge.service.announcements"]):
    from bridge.acs.callbacks import parse_callbacks
    from bridge.acs.events import BadEvent, IncomingCall, parse_events
    from bridge.acs.keys import Keys
    from bridge.acs.line import Line
    from bridge.acs.media import BadFrame, parse_frame, parse_tone
    from bridge.service.announcements import Announcements

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 4_096
"""Bytes in a body: what is longer is of no other kind."""
_HANGS_S = 10


async def events(body: bytes) -> None:
    """Event Grid's delivery, up to a ringing telephone that is neither stale nor a duplicate."""
    rung: list[IncomingCall] = []

    async def answer(ring: IncomingCall) -> None:
        rung.append(ring)

    try:
        told = parse_events(body)
    except BadEvent:
        return
    announcements = Announcements()
    for event in told:
        check_types(event)
        if isinstance(event, IncomingCall):
            await announcements.once(event, answer)


async def callbacks(body: bytes) -> None:
    """What ACS tells of a call, up to its end, its keys and the outcomes of what was asked."""
    line = Line()
    context, _ = line.operation()
    try:
        told = parse_callbacks(body.replace(b'"asked"', f'"{context}"'.encode()))
    except BadEvent:
        return
    with line.keys.passed_to(_press):
        for callback in told:
            check_types(callback)
            line.tell(callback)
        await asyncio.sleep(10)  # the loop's own: keys wait for each other for less
    line.end_before_media  # noqa: B018 - a property that decides


async def media(body: bytes) -> None:
    """A frame of the media socket, up to the sound or the key in it."""
    keys = Keys()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return  # aiohttp closes a socket that sends such a text
    with keys.passed_to(_press):
        try:
            pcm = parse_frame(text)
            if pcm is None and (tone := parse_tone(text)):
                check_types(tone)
                keys.stream(tone.spelled, tone.participant)
        except BadFrame:
            return
        await asyncio.sleep(10)


def _press(key: str) -> None:
    assert key in "0123456789*#"


DOORS: Mapping[str, Callable[[bytes], Awaitable[None]]] = {
    "events": events,
    "callbacks": callbacks,
    "media": media,
}


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
