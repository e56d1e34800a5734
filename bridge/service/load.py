"""How busy this process is: whether one more call would cost the others their sound."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

from structlog import get_logger

log = get_logger(__name__)

TICK_S = 0.5
TICKS = 10
"""So many of the last ticks are judged together, five seconds: a single hold-up is no load."""

HIGH_CORE, LOW_CORE = 0.85, 0.75
"""Shares of a core, which is what a process has: busy from the first on, until below the other."""
HIGH_LATE_S, LOW_LATE_S = 0.02, 0.01
"""The same for how late the event loop gets to what is due: by a frame, or by half of one. Where a
container is given less than a core, this is what shows."""


@dataclass(frozen=True)
class _Tick:
    took_s: float
    cpu_s: float


class Load:
    """What the last ticks took, on the clock and of the processor."""

    def __init__(self) -> None:
        self._ticks: deque[_Tick] = deque(maxlen=TICKS)
        self.is_high = False
        """Whether the process is too busy for one more call; known after five seconds only."""

    @property
    def core(self) -> float:
        """Share of a core that was used, by all threads."""
        took_s = sum(tick.took_s for tick in self._ticks)
        return sum(tick.cpu_s for tick in self._ticks) / took_s if took_s else 0.0

    @property
    def late_s(self) -> float:
        """How late the event loop got to what was due, at the median."""
        return max(0.0, median(tick.took_s for tick in self._ticks) - TICK_S) if self._ticks else 0

    def note(self, took_s: float, cpu_s: float) -> None:
        """Take in a tick that was to take half a second."""
        self._ticks.append(_Tick(took_s, cpu_s))
        if len(self._ticks) < TICKS:
            return
        was_high, core, late_s = self.is_high, self.core, self.late_s
        if was_high:
            self.is_high = core >= LOW_CORE or late_s >= LOW_LATE_S
        else:
            self.is_high = core >= HIGH_CORE or late_s >= HIGH_LATE_S
        if self.is_high is not was_high:
            core, late_ms = round(core, 2), round(late_s * 1000, 1)
            if self.is_high:
                log.warning("load.high", core=core, late_ms=late_ms)
            else:
                log.info("load.normal", core=core, late_ms=late_ms)


@asynccontextmanager
async def watched(load: Load) -> AsyncIterator[None]:
    """Take note of how busy the process is; leaving ends it."""
    watching = asyncio.create_task(_watch(load))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


async def _watch(load: Load) -> None:
    while True:
        began_s, cpu_s = time.monotonic(), time.process_time()
        await asyncio.sleep(TICK_S)
        load.note(time.monotonic() - began_s, time.process_time() - cpu_s)
