"""Barge-in under load: how soon the caller hears silence, and what the model is told of it."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.calls import SETTLE_S, no_collections
from bench.clouds import Clouds, clouds
from bench.media import Media
from bench.programs import Program, running
from bench.relay import new_loop
from bench.scenarios import SCENARIOS, Scenario
from bench.sound import FIRST_MARK, item, marks
from bench.spreads import Spread, spread
from bench.turns import Turns


@dataclass(frozen=True)
class Barges:
    """Interruptions of one run that came while a tool ran, or while none did."""

    tool: bool
    idle: int
    """Interruptions at which nothing was to be heard; they count for nothing else."""
    unstopped: int
    """No `StopAudio` came while the caller spoke."""
    stop_ms: list[float]
    """From `input_audio_buffer.speech_started` sent to `StopAudio` received, each."""
    error_ms: list[float]
    """`audio_end_ms` less what was heard of the item that sounded, each."""
    blurred_ms: list[float]
    """The same where the load was held up just then, and cannot say what was heard when."""
    untold: int
    """An item was cut, and no `conversation.item.truncate` came for it."""
    wrong: int
    """A truncate came for an item that was neither sounding nor waiting behind."""
    beyond: int
    """A truncate came at a millisecond behind the end of its item."""
    late_frames: int
    """Frames of silenced items behind `StopAudio`."""
    talked_over: int
    """The agent spoke again before the caller had spoken."""


@dataclass(frozen=True)
class BargeRun:
    """One run, start to stop."""

    scenario: str
    calls: int
    barges: list[Barges]
    """Without tools, and with."""
    cancelled: int
    """Responses that were interrupted before they were made."""
    lost: int
    """Calls that did not last."""
    core: float
    """Share of the core that the product used, at most 1."""
    load_core: float
    """The same of the load, which plays and hears the caller on a core of its own."""
    load_late_ms: Spread
    """How late the load's own frames left: what it adds to the barge-in time."""


class Listener(Media):
    """A caller who notes which frame of which item is heard when."""

    def on_text(self, text: bytes) -> None:
        """Hear the agent, or silence."""
        if b'"Kind":"StopAudio"' in text:
            self.tally.ear.stops()
            return
        super().on_text(text)
        if b'"Data"' in text:
            which = item(text, b'"Data"', self.format)
            if which is None:
                self.tally.ear.plays_silence()
            else:
                self.tally.ear.plays(marks(text, b'"Data"', self.format)[0] - FIRST_MARK, which)


def runs(scenarios: list[str], calls: list[int], seconds: float, repeat: int) -> Iterator[BargeRun]:
    """Measure, one after the other."""
    for _ in range(repeat):
        for name in scenarios:
            for number in calls:
                with asyncio.Runner(loop_factory=new_loop) as runner:
                    yield runner.run(_measured(SCENARIOS[name], number, seconds))


async def _measured(scenario: Scenario, calls: int, seconds: float) -> BargeRun:
    async with (
        clouds(scenario, voice=Turns, media=Listener) as load,
        running("product", load) as program,
    ):
        for _ in range(calls):
            await load.call(program.answered(load), of=calls)
        await asyncio.sleep(SETTLE_S)
        with no_collections():
            return await _counted(scenario, program, load, seconds)


async def _counted(scenario: Scenario, program: Program, load: Clouds, seconds: float) -> BargeRun:
    load.clear()
    began, cpu_s, own_s = time.perf_counter(), program.cpu_s, time.process_time()
    before = _cancelled(load)
    await asyncio.sleep(seconds)
    lasted_s = time.perf_counter() - began
    cpu_s, own_s = program.cpu_s - cpu_s, time.process_time() - own_s
    program.check()
    calls = len(load.media)
    seen = [each for media in load.media for each in media.tally.ear.interruptions]
    blurred = {id(each) for each in seen if any(map(load.lateness.is_near, each.measured_s))}

    def barges(*, tool: bool) -> Barges:
        own = [each for each in seen if each.has_tool is tool]
        heard = [each for each in own if each.hears]
        errors = [(each.error_ms, id(each) in blurred) for each in heard]
        return Barges(
            tool=tool,
            idle=len(own) - len(heard),
            unstopped=sum(each.stopped_s is None for each in heard),
            stop_ms=[each.stop_s * 1000 for each in heard if each.stop_s is not None],
            error_ms=[ms for ms, is_blurred in errors if ms is not None and not is_blurred],
            blurred_ms=[ms for ms, is_blurred in errors if ms is not None and is_blurred],
            untold=sum(each.is_untold for each in heard),
            wrong=sum(each.is_wrong for each in heard),
            beyond=sum(each.is_beyond for each in heard),
            late_frames=sum(each.late_frames for each in heard),
            talked_over=sum(each.is_talked_over for each in heard),
        )

    return BargeRun(
        scenario=scenario.name,
        calls=calls,
        barges=[barges(tool=False), barges(tool=True)],
        cancelled=_cancelled(load) - before,
        lost=sum(media.is_lost for media in load.media),
        core=cpu_s / lasted_s,
        load_core=own_s / lasted_s,
        load_late_ms=spread(s * 1000 for s in load.lateness.seconds),
    )


def _cancelled(load: Clouds) -> int:
    return sum(voice.cancelled for voice in load.voices if isinstance(voice, Turns))
