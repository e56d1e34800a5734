"""Who holds up the event loop, and with it the sound of every call: said while it happens.

A tool that sleeps or asks a server without `await`, a large file read in the wrong place: whatever
it is, it is on the stack of the loop's thread, and another thread can look there.
"""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from traceback import walk_stack
from types import FrameType

from structlog import get_logger

log = get_logger(__name__)

HELD_UP_S = 0.15
"""Longer than the 100 ms that audio is ahead: callers may hear it."""
_LOOK_S = 0.05
_QUIET_S = 60.0
"""After a line in the log, so long there is none about the same place."""
_DEEPEST = 12
"""Frames of the stack in a line."""
_ROOT = Path(__file__).parents[2]

Count = Callable[[float], None]
"""Takes how long the loop was held up, in seconds; called in another thread."""


class _Watch:
    """Sees that the loop gets to what is due; where it does not, notes what it is at."""

    def __init__(self, count: Count, held_up_s: float) -> None:
        self._count = count
        self._held_up_s = held_up_s
        self._loop = asyncio.get_running_loop()
        self._loops_thread = threading.get_ident()
        self._over = threading.Event()
        self._beat_s = time.monotonic()
        self._told_s: dict[str, float] = {}
        """When each place was told of last."""

    def beat(self) -> None:
        """The loop is alive; it will say so again."""
        self._beat_s = time.monotonic()
        if not self._over.is_set():
            self._loop.call_later(_LOOK_S, self.beat)

    def end(self) -> None:
        """Watch no more."""
        self._over.set()

    def look(self) -> None:
        """Look, in a thread of its own, until that."""
        while not self._over.wait(_LOOK_S):
            began_s = self._beat_s
            if time.monotonic() - began_s < self._held_up_s:
                continue
            place = self._tell()
            while self._beat_s == began_s and not self._over.wait(_LOOK_S / 5):
                pass
            took_s = time.monotonic() - began_s
            self._count(took_s)
            log.info("loop.goes_on", at=place, took_ms=round(took_s * 1000))

    def _tell(self) -> str:
        """Log what the loop is at; returns where that is."""
        frame = sys._current_frames().get(self._loops_thread)  # noqa: SLF001 - documented all the same
        frames = [each for each, _ in walk_stack(frame)][:_DEEPEST]
        place = _place(next((each for each in frames if _is_ours(each)), frames[0]))
        now_s = time.monotonic()
        if now_s - self._told_s.get(place, -_QUIET_S) >= _QUIET_S:
            self._told_s[place] = now_s
            log.warning("loop.held_up", at=place, frames=[_place(each) for each in frames])
        return place


def _is_ours(frame: FrameType) -> bool:
    """Whether it is code of the service or of a call flow, which somebody here can mend."""
    path = Path(frame.f_code.co_filename)
    return "site-packages" not in path.parts and not path.is_relative_to(sys.base_prefix)


def _place(frame: FrameType) -> str:
    """File, line and function: no value of any variable."""
    path = Path(frame.f_code.co_filename)
    name = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(*path.parts[-2:])
    return f"{name}:{frame.f_lineno} {frame.f_code.co_name}"


@asynccontextmanager
async def watched_for_hold_ups(count: Count, held_up_s: float = HELD_UP_S) -> AsyncIterator[None]:
    """Tell, and count, whenever the loop is held up; leaving ends it."""
    watch = _Watch(count, held_up_s)
    watch.beat()
    looking = threading.Thread(target=watch.look, name="held-up", daemon=True)
    looking.start()
    try:
        yield
    finally:
        watch.end()
        await asyncio.to_thread(looking.join)
