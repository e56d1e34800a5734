"""How many calls a program carries: the search for the number at which sound begins to come late.

Programs take turns, number by number, so that a bad minute of the machine is nobody's alone.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.calls import SETTLE_S, Run, counted, no_collections
from bench.clouds import clouds
from bench.programs import running, waited_s
from bench.relay import new_loop
from bench.scenarios import SCENARIOS, Scenario

LATE_MS = 20.0
"""A frame: whoever adds as much to one in a hundred is a frame behind."""
AGREE = 2
"""Windows at one number of calls that decide when they agree."""
WINDOWS = 4
"""At most; where they have not decided by then, the same number is tried again later."""
QUIET = 0.05
"""Share of the time that a program or the load may wait for its core; beyond that its neighbours
are measured, and a window counts only if all came in time nevertheless."""
LIMIT_S = 45.0
"""Bound on one number of calls, from start to stop; what takes longer is not carried."""

_ALL_HEARD = 0.98
"""Share of the caller's frames that must arrive."""
_LOAD_FULL = 0.9
"""Share of its core from which the load may be what is late."""
_NEAR, _CLOSE = 2, 0.06
"""The search ends where the bounds are so near, in calls or in parts of the lower one."""


@dataclass(frozen=True)
class Level:
    """A program at one number of calls."""

    scenario: str
    program: str
    calls: int
    windows: list[Run]
    """Empty where it could not be brought to so many calls in time."""
    waited: float
    """Share of all that time in which the load waited for its core."""

    @property
    def carries(self) -> bool | None:
        """Whether it carries so many; None where the machine was too busy to tell."""
        if not self.windows and self.waited < QUIET:
            return False
        return is_carried(self.windows)

    @property
    def is_fair(self) -> bool:
        """Whether the load had time to spare."""
        return median([run.load_core for run in self.windows] or [0.0]) < _LOAD_FULL


@dataclass
class Search:
    """The search for one program's number, between what it carries and what it does not."""

    program: str
    limit: int
    levels: list[Level] = field(default_factory=list)

    @property
    def best(self) -> Level | None:
        """The highest number that was carried."""
        carried = [level for level in self.levels if level.carries]
        return max(carried, key=lambda level: level.calls, default=None)

    @property
    def worst(self) -> Level | None:
        """The lowest number that was not."""
        failed = [level for level in self.levels if level.carries is False]
        return min(failed, key=lambda level: level.calls, default=None)

    @property
    def calls(self) -> int:
        """How many calls it carries, as far as is known."""
        return self.best.calls if self.best else 0

    @property
    def is_open(self) -> bool:
        """Whether it may carry more: nothing was too many, but for the load or the limit."""
        return self.worst is None or not self.worst.is_fair

    @property
    def next_calls(self) -> int | None:
        """What to try next; None when the number is found."""
        failed = self.worst.calls if self.worst else None
        return following(self.calls, failed, self.limit)


def following(carried: int, failed: int | None, limit: int) -> int | None:
    """The number of calls to try next between two bounds; None where they are close enough."""
    if failed is None:
        if carried >= limit:
            return None
        return limit if carried else max(1, limit // 2)
    if failed - carried <= max(_NEAR, carried * _CLOSE):
        return None
    return (carried + failed) // 2


def is_carried(windows: Sequence[Run]) -> bool | None:
    """What the windows say; None while they have not decided."""
    good = sum(map(_is_in_time, windows))
    bad = sum(run.waited < QUIET and not _is_in_time(run) for run in windows)
    return None if max(good, bad) < AGREE else good > bad


def _is_in_time(run: Run) -> bool:
    """Less than a frame late both ways at the 99th percentile, without a gap, with nothing lost."""
    spreads = (run.up_ms, run.first_ms)
    return (
        all(spread is not None and spread[1] < LATE_MS for spread in spreads)
        and run.underruns == run.lost == run.gone == 0
        and run.up_share >= _ALL_HEARD
    )


def tried(name: str, searches: Sequence[Search], seconds: float, minutes: float) -> Iterator[Level]:
    """Search in turns, one number of calls at a time, and no longer than the minutes.

    Raises:
        ProgramFailed: one did not start, or stopped early.
    """
    until = time.monotonic() + minutes * 60
    while left := [(search, calls) for search in searches if (calls := search.next_calls)]:
        for search, calls in left:
            if time.monotonic() + LIMIT_S > until:
                return
            level = _level(SCENARIOS[name], search.program, calls, seconds)
            search.levels.append(level)
            yield level


def _level(scenario: Scenario, program: str, calls: int, seconds: float) -> Level:
    began_s, waits_s = time.monotonic(), waited_s()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        windows = runner.run(_windows(scenario, program, calls, seconds))
    waited = (waited_s() - waits_s) / (time.monotonic() - began_s)
    return Level(scenario.name, program, calls, windows, waited)


async def _windows(scenario: Scenario, name: str, calls: int, seconds: float) -> list[Run]:
    windows: list[Run] = []
    try:
        async with (
            asyncio.timeout(LIMIT_S),
            clouds(scenario) as load,
            running(name, load) as program,
        ):
            for _ in range(calls):
                await load.call(program.answered(load), of=calls)
            await asyncio.sleep(SETTLE_S)
            with no_collections():
                while is_carried(windows) is None and len(windows) < WINDOWS:
                    windows.append(await counted(scenario, program, load, seconds))
    except TimeoutError:
        return []
    return windows
