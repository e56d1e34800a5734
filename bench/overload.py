"""Overload: twice the calls that fit are offered, and those who were let in are listened to.

Then the same number, all taken: what would have become of them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from bench.calls import SETTLE_S, Run, counted, no_collections
from bench.clouds import Clouds, clouds
from bench.figures import medians
from bench.programs import Program, running
from bench.relay import new_loop
from bench.scenarios import SCENARIOS, Scenario
from bench.spreads import Spread, spread

LIMIT_S = 120.0
"""Bound on one run, from start to stop."""
_APART_S = 0.15
"""From one call to the next, while there is room."""

_HEADS = "|offered|taken|turned away|told after|up|first|gaps|lead|lost|core|waited"
_LEGEND = """\
[b]told after[/b] an announcement until ACS is asked to turn the call down, ms p50/p99/max; \
[b]up[/b] a frame of ACS until its append is received, and [b]first[/b] the first delta of a \
response until its first frame, ms p50/p99/max; [b]gaps[/b] frames after their turn, per call \
and minute; [b]lead[/b] the smallest lead of a frame over its turn, ms; [b]lost[/b] frames; \
[b]core[/b] used by the product; [b]waited[/b] share of the time in which neighbours had it."""


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
    """Offer twice as many calls as fit, once with admission and once without."""
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
    url: str | None = program.media_url(load)
    if admission:
        began_s = perf_counter()
        url = await load.ring(f"{program.url}/acs/events")
        if url is None:
            told_ms.append((perf_counter() - began_s) * 1000)
    if url:
        await load.call(url, of=of)


async def _why(load: Clouds, program: Program) -> dict[str, int]:
    async with load.http.get(f"{program.url}/metrics") as response:
        families = text_string_to_metric_families(await response.text())
    why: Counter[str] = Counter()
    for family in families:
        for sample in family.samples:
            if sample.name == "interlude_calls_turned_away_total":
                why[sample.labels["why"]] += int(sample.value)
    return dict(+why)


def show(scenario: str, done: list[Rush], console: Console) -> None:
    """Print what became of them."""
    table = Table(title=f"{scenario}, twice the calls that fit", title_justify="left")
    for head in _HEADS.split("|"):
        table.add_column(head, justify="right" if head else "left", no_wrap=True)
    for rush in done:
        run = rush.run
        table.add_row(
            "admitted" if rush.admission else "all taken",
            str(rush.offered),
            str(run.calls),
            ", ".join(f"{times} {word}" for word, times in rush.why.items()) or "-",
            medians([rush.told_ms]),
            medians([run.up_ms]),
            medians([run.first_ms]),
            f"{run.underruns:.2f}",
            "-" if run.least_lead_ms is None else f"{run.least_lead_ms:.0f}",
            str(run.lost + run.gone),
            f"{run.core:.0%}",
            f"{run.waited:.0%}",
        )
    console.print(table)
    console.print(_LEGEND)
