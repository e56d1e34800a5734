"""Behind the three doors that JSON comes in by, up to where it is acted on; nothing is sent.

What a door refuses, it refuses by its own exception; no other may come out of these.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.events import BadEvent, IncomingCall, parse_events
from bridge.acs.keys import Keys
from bridge.acs.line import Line
from bridge.acs.media import BadFrame, parse_frame, parse_tone
from bridge.service.announcements import Announcements
from tests.fuzz.declared import check_types

CORPUS = Path(__file__).parent / "corpus"


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
    keys, frame = Keys(), _as_aiohttp_has_it(body)
    with keys.passed_to(_press):
        try:
            pcm = parse_frame(frame)
            assert pcm is None or (type(pcm) is bytes and len(pcm) % 2 == 0)
            if pcm is None and (tone := parse_tone(frame)):
                check_types(tone)
                keys.stream(tone.spelled, tone.participant)
        except BadFrame:
            return
        await asyncio.sleep(10)


def _as_aiohttp_has_it(frame: bytes) -> Any:
    """A text, or bytes: a text that is no UTF-8 ends the socket before anybody reads it."""
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return frame


def _press(key: str) -> None:
    assert key in "0123456789*#"


DOORS: Mapping[str, Callable[[bytes], Awaitable[None]]] = {
    "events": events,
    "callbacks": callbacks,
    "media": media,
}
