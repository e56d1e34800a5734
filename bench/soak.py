"""Soak: calls come and go for as long as one likes, and nothing of the process may grow.

Calls begin and end at different times, so that there are always as many, and each is a new one.
"""

import asyncio
import random
from dataclasses import dataclass
from statistics import median
from time import monotonic

from rich.console import Console
from rich.table import Table

from bench.clouds import Clouds, clouds
from bench.media import Media
from bench.programs import Program, running
from bench.relay import new_loop
from bench.scenarios import SCENARIOS, Scenario
from bench.voice import Voice

LASTS_S = (6.0, 20.0)
"""The shortest and the longest call."""
WARM = 0.2
"""Of the time; until then caches fill up, and the allocator finds its size."""
_ENDS_S = 20.0
"""A call whose media breaks off waits 5 s for another socket."""
FLAT = 0.02
"""By so much a figure may have grown."""


@dataclass(frozen=True)
class Look:
    """What the process has at one moment."""

    at_s: float
    rss_kib: int
    descriptors: int
    threads: int
    tasks: int
    calls: int
    """That the process says it has in progress."""


@dataclass(frozen=True)
class Soak:
    """All of them, and what became of the calls."""

    scenario: str
    calls: int
    """At the same time."""
    looks: list[Look]
    before: Look
    """Before the first call."""
    after: Look
    """After the last."""
    begun: int
    cut: int
    """Calls that ended before their caller hung up."""
    renewed: int
    """Sessions that took the place of a lost one."""
    lost: int
    """Frames that never came, both ways."""

    def thirds(self, figure: str) -> tuple[float, float]:
        """How much there was of something in the first third and in the last: medians."""
        warm = [look for look in self.looks if look.at_s >= WARM * self.looks[-1].at_s]
        third = max(1, len(warm) // 3)
        early, late = warm[:third], warm[-third:]
        return (
            median(getattr(look, figure) for look in early),
            median(getattr(look, figure) for look in late),
        )

    def growth(self, figure: str) -> float:
        """By how much there was more of it in the last."""
        early, late = self.thirds(figure)
        return late / early - 1

    @property
    def is_flat(self) -> bool:
        """Whether nothing has grown."""
        return all(self.growth(figure) <= FLAT for figure in FIGURES)


FIGURES = {
    "rss_kib": "memory, KiB",
    "descriptors": "descriptors",
    "threads": "threads",
    "tasks": "tasks",
}


def soak(scenario: str, calls: int, minutes: float, apart_s: float) -> Soak:
    """Run it; `apart_s` is how long lies between two looks."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_soaked(SCENARIOS[scenario], calls, minutes * 60, apart_s))


class _Callers:
    """So many callers at a time, one after the other in each place."""

    def __init__(self, load: Clouds, program: Program, calls: int, until_s: float) -> None:
        self._load = load
        self._program = program
        self._calls = calls
        self._until_s = until_s
        self._connecting = asyncio.Lock()
        self.begun = self.cut = self.renewed = self.lost = 0

    async def take_turns(self) -> None:
        """Call, talk, hang up and call again."""
        while monotonic() < self._until_s:
            media, voice = await self._connected()
            await asyncio.sleep(random.uniform(*LASTS_S))  # noqa: S311 - no secret
            self.cut += media.is_lost
            media.close()
            self._load.media.remove(media)
            self._load.voices.remove(voice)

    async def _connected(self) -> tuple[Media, Voice]:
        async with self._connecting:  # so that each gets the session that is its own
            while not self._load.sessions.empty():  # that took the place of a lost one
                self._load.sessions.get_nowait()
                self.renewed += 1
            await self._load.call(self._program.answered(self._load), of=self._calls)
            self.begun += 1
            return self._load.media[-1], self._load.voices[-1]


async def _soaked(scenario: Scenario, calls: int, lasts_s: float, apart_s: float) -> Soak:
    async with clouds(scenario) as load, running("product", load) as program:
        before = await _look(0, load, program)
        began_s = monotonic()
        callers = _Callers(load, program, calls, began_s + lasts_s)
        looks: list[Look] = []
        async with asyncio.TaskGroup() as tasks:
            for _ in range(calls):
                tasks.create_task(callers.take_turns())
            while (at_s := monotonic() - began_s) < lasts_s:
                looks.append(await _look(at_s, load, program))
                callers.lost += sum(m.tally.lost_up + m.tally.lost_down for m in load.media)
                load.clear()
                await asyncio.sleep(apart_s)
        after = await _quiet(load, program, before.tasks + callers.begun)
    return Soak(
        scenario.name,
        calls,
        looks,
        before,
        after,
        begun=callers.begun,
        cut=callers.cut,
        renewed=callers.renewed,
        lost=callers.lost,
    )


async def _quiet(load: Clouds, program: Program, tasks: int) -> Look:
    """What is left once there is no call and are fewer `tasks`, or after a while without that."""
    give_up_s = monotonic() + _ENDS_S
    while True:
        look = await _look(0, load, program)
        is_quiet = not look.calls and look.tasks < tasks
        if is_quiet or monotonic() > give_up_s:
            return look
        await asyncio.sleep(0.5)


async def _look(at_s: float, load: Clouds, program: Program) -> Look:
    said = {sample.name: int(sample.value) for sample in await program.figures(load)}
    return Look(
        at_s,
        rss_kib=program.rss_kib,
        descriptors=program.descriptors,
        threads=program.threads,
        tasks=said["interlude_process_tasks"],
        calls=said["interlude_calls_in_progress"],
    )


def show(done: Soak, console: Console) -> None:
    """Print how much there was early and late, and what has grown."""
    minutes = done.looks[-1].at_s / 60
    title = f"{done.scenario}: {done.calls} calls at a time for {minutes:.0f} min"
    table = Table(title=title, title_justify="left")
    for head in ("", "before", "early", "late", "growth", "after"):
        table.add_column(head, justify="right" if head else "left")
    for name, label in FIGURES.items():
        early, late = done.thirds(name)
        growth = done.growth(name)
        mark = "" if growth <= FLAT else " *"
        ends = [getattr(look, name) for look in (done.before, done.after)]
        table.add_row(
            label,
            f"{ends[0]:,}",
            f"{early:,.0f}",
            f"{late:,.0f}",
            f"{growth:+.1%}{mark}",
            f"{ends[1]:,}",
        )
    console.print(table)
    console.print(
        f"{done.begun} calls begun, {done.cut} cut short; {done.renewed} sessions renewed, "
        f"{done.lost} frames lost."
    )
