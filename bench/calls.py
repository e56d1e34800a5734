"""Calls per core: the same load on the product and on relays, one after the other."""

import asyncio
import gc
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from bench.clouds import Clouds, clouds
from bench.programs import Program, ProgramFailed, running, waited_s
from bench.relay import new_loop
from bench.responses import RESPONSE_FRAMES
from bench.scenarios import SCENARIOS, Scenario
from bench.spreads import Spread, spread
from bench.voice import PERIOD_S

_WARM_S = 1.0
"""After the first call: what is only loaded once has been loaded."""
SETTLE_S = 1.5
"""After the last call, before counting."""


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    scenarios: list[str]
    programs: list[str]
    calls: list[int]
    seconds: float
    repeat: int

    @property
    def size(self) -> int:
        """How many runs that is."""
        return len(self.scenarios) * len(self.programs) * len(self.calls) * self.repeat


@dataclass(frozen=True, kw_only=True)
class Sound:
    """What came of the frames of all calls for a while."""

    up_ms: Spread
    first_ms: Spread
    jitter_ms: Spread
    least_lead_ms: float | None
    """The smallest lead of a frame over its turn; below 0, the caller hears a gap."""
    underruns: float
    """Per call and minute."""
    up_share: float
    """Of the caller's frames, how many arrived; above 1 while a backlog is worked off."""
    down_share: float
    """Of the frames of speech that were due, how many arrived."""
    lost: int
    """Frames that never came, both ways."""
    gone: int
    """Calls that did not last."""
    load_core: float
    """Share of its core that the load itself used."""
    load_late_ms: Spread
    """How late the load's own frames left."""


@dataclass(frozen=True, kw_only=True)
class Run(Sound):
    """Figures of one program under one load."""

    scenario: str
    calls: int
    program: str
    cpu_ms: float
    """Processor time per call and second."""
    core: float
    """Share of the core that was used, at most 1."""
    rss_kib: float | None
    """Memory per call, from the first call on."""
    waited: float
    """Share of the time in which the program, or the load if that was more, waited for its core:
    neighbours."""


def runs(plan: Plan) -> Iterator[Run]:
    """Measure; programs take turns, and each repetition begins with another one."""
    for turn in range(plan.repeat):
        for name, calls in product(plan.scenarios, plan.calls):
            first = turn % len(plan.programs)
            for program in plan.programs[first:] + plan.programs[:first]:
                yield measure(SCENARIOS[name], program, calls, plan.seconds)


def measure(
    scenario: Scenario, program: str, calls: int, seconds: float, profile: Path | None = None
) -> Run:
    """Run one program under one load, start to stop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(
            _measured(scenario, program, calls, seconds, profile and profile.resolve())
        )


async def _measured(
    scenario: Scenario, name: str, calls: int, seconds: float, profile: Path | None
) -> Run:
    async with clouds(scenario) as load, running(name, load, profile) as program:
        await load.call(program.answered(load), of=calls)
        await asyncio.sleep(_WARM_S)
        first_kib = program.rss_kib
        for _ in range(1, calls):
            await load.call(program.answered(load), of=calls)
        await asyncio.sleep(SETTLE_S)
        if profile:
            program.profiled(begins=True)
        with no_collections():
            run = await counted(scenario, program, load, seconds)
        if profile:
            program.profiled(begins=False)
        if run.gone:
            raise ProgramFailed(f"{name} lost {run.gone} of {calls} calls: {program.last_words}")
        if calls == 1:
            return run
        return replace(run, rss_kib=(program.rss_kib - first_kib) / (calls - 1))


async def counted(scenario: Scenario, program: Program, load: Clouds, seconds: float) -> Run:
    """Figures of the next seconds of a load that has settled."""
    began, cpu_s = time.perf_counter(), program.cpu_s
    waits_s = [program.waited_s, waited_s()]
    sound = await heard(load, seconds)
    lasted_s = time.perf_counter() - began
    cpu_s = program.cpu_s - cpu_s
    program.check()
    waits_s = [program.waited_s - waits_s[0], waited_s() - waits_s[1]]
    return Run(
        **vars(sound),
        scenario=scenario.name,
        calls=len(load.media),
        program=program.name,
        cpu_ms=cpu_s / (lasted_s * len(load.media)) * 1000,
        core=cpu_s / lasted_s,
        rss_kib=None,
        waited=max(waits_s) / lasted_s,
    )


async def heard(load: Clouds, seconds: float) -> Sound:
    """The sound of the next seconds."""
    load.clear()
    began, own_s = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    lasted_s, own_s = time.perf_counter() - began, time.process_time() - own_s
    tallies = [media.tally for media in load.media]
    call_s = lasted_s * max(1, len(tallies))
    heard_up = sum(tally.heard_up for tally in tallies)
    sent_up = sum(tally.sent_up for tally in tallies)
    heard_down = sum(tally.heard_down for tally in tallies)
    return Sound(
        up_ms=spread_ms(s for tally in tallies for s in tally.up_s),
        first_ms=spread_ms(s for tally in tallies for s in tally.first_s),
        jitter_ms=spread_ms(s for tally in tallies for s in tally.jitter_s),
        least_lead_ms=min((s * 1000 for tally in tallies for s in tally.lead_s), default=None),
        underruns=sum(tally.underruns for tally in tallies) / call_s * 60,
        up_share=heard_up / max(1, sent_up),
        down_share=heard_down / (call_s * RESPONSE_FRAMES / PERIOD_S),
        lost=sum(tally.lost_up + tally.lost_down for tally in tallies),
        gone=sum(media.is_lost for media in load.media),
        load_core=own_s / lasted_s,
        load_late_ms=spread_ms(load.lateness.seconds),
    )


@contextmanager
def no_collections() -> Iterator[None]:
    """Keep our own garbage collector out of the latencies."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def spread_ms(seconds: Iterable[float]) -> Spread:
    """The spread of many times, in milliseconds."""
    return spread(second * 1000 for second in seconds)
