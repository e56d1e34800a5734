"""Overload: twice the calls that fit are offered, and those who were let in are listened to.

Then the same number, all taken: what would have become of them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console

from bench.calls import SETTLE_S, Run, counted, no_collections
from bench.clouds import Clouds, clouds
from bench.figures import columns, medians
from bench.media import Answered
from bench.programs import Program, running
from bench.relay import new_loop
from bench.scenarios import SCENARIOS, Scenario
from bench.spreads import Spread, spread

LIMIT_S = 120.0
"""Bound on one run, from start to stop."""
_APART_S = 0.15
"""From one call to the next, while there is room."""


@dataclass(frozen=True)
class Rush:
    """What became of all callers, and of the sound of those who were let in."""

    admission: bool
    """Whether calls were offered to the webhook; else they were all brought as answered."""
    offered: int
    why: dict[str, int]
    """How many were turned away, by what was missing."""
    told_ms: Spread
    run: Run


def rushes(scenario: str, most: int, seconds: float) -> Iterator[Rush]:
    """Offer twice as many calls as fit, once with admission and once without.

    Raises:
        TimeoutError: so many could not be connected in time.
    """
    for admission in (True, False):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            yield runner.run(_rush(SCENARIOS[scenario], most, seconds, admission=admission))


async def _rush(scenario: Scenario, most: int, seconds: float, *, admission: bool) -> Rush:
    settings = {"INTERLUDE_MOST_CALLS": str(most)}
    async with (
        asyncio.timeout(LIMIT_S),
        clouds(scenario) as load,
        running("product", load, settings=settings) as program,
    ):
        told_ms: list[float] = []
        for _ in range(most if admission else 2 * most):
            await _offer(load, program, 2 * most, told_ms, admission=admission)
            await asyncio.sleep(_APART_S)
        await asyncio.sleep(SETTLE_S)
        with no_collections():
            async with asyncio.TaskGroup() as tasks:
                counting = tasks.create_task(counted(scenario, program, load, seconds))
                for _ in range(most if admission else 0):
                    await _offer(load, program, 2 * most, told_ms, admission=True)
                    await asyncio.sleep(seconds / (most + 1))
        why = await _why(load, program)
    return Rush(admission, 2 * most, why, spread(told_ms), counting.result())


async def _offer(
    load: Clouds, program: Program, of: int, told_ms: list[float], *, admission: bool
) -> None:
    answered: Answered | None = program.answered(load)
    if admission:
        began_s = perf_counter()
        answered = await load.ring(f"{program.url}/acs/events")
        if answered is None:
            told_ms.append((perf_counter() - began_s) * 1000)
    if answered:
        await load.call(answered, of=of)


async def _why(load: Clouds, program: Program) -> dict[str, int]:
    why: Counter[str] = Counter()
    for sample in await program.figures(load):
        if sample.name == "interlude_calls_turned_away_total":
            why[sample.labels["why"]] += int(sample.value)
    return dict(+why)


def show(scenario: str, done: list[Rush], console: Console) -> None:
    """Print what became of them, a column for each run."""
    title = f"{scenario}: twice the calls that fit; times in ms, p50 / p99 / max"
    heads = ["admission" if rush.admission else "all taken" for rush in done]
    console.print(columns(title, heads, list(map(_figures, done))))


def _figures(rush: Rush) -> Iterator[tuple[str, str]]:
    run = rush.run
    yield "calls offered", str(rush.offered)
    yield "taken", str(run.calls)
    yield "turned away", ", ".join(f"{times} {why}" for why, times in rush.why.items()) or "-"
    yield "from the announcement until that", medians([rush.told_ms])
    yield "a caller's frame", medians([run.up_ms])
    yield "the first frame of a response", medians([run.first_ms])
    yield "gaps per call and minute", f"{run.underruns:.2f}"
    lead_ms = run.least_lead_ms
    yield "smallest lead of a frame, ms", "-" if lead_ms is None else f"{lead_ms:.0f}"
    yield "frames and calls lost", str(run.lost + run.gone)
    yield "core used", f"{run.core:.0%}"
    yield "core taken by neighbours", f"{run.waited:.0%}"
