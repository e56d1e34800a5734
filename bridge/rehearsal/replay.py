"""`interlude replay`: a recorded call against the bridge and the flow of today."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from bridge.call.race import race
from bridge.lab.acs import CallRefused, LineDead
from bridge.lab.clock import VirtualTimeLoop
from bridge.lab.outcome import A_NAME, Outcome
from bridge.lab.pages import write_call_page, write_comparison
from bridge.lab.script import Scene
from bridge.rehearsal.call import RehearsedCall
from bridge.rehearsal.played_again import PlayedEars, model, with_tools
from bridge.rehearsal.played_caller import Choices, PlayedCaller, choices_of
from bridge.rehearsal.stage import dialled
from bridge.service.flows import Flows, load_flows
from bridge.service.logs import configure_logs
from bridge.service.recorded import BadFlight, Recorded

_LONGEST_S = 60
"""How much longer than the recording a call may go on."""


class Change(NamedTuple):
    """A line, and when it began to come, in seconds; None where it did not."""

    text: str
    before_s: float | None
    after_s: float | None

    @property
    def sign(self) -> str:
        """`-` if it is not heard any more, `+` if it was not, else a space."""
        if self.after_s is None:
            return "-"
        return "+" if self.before_s is None else " "

    @property
    def is_moved(self) -> bool:
        """Whether it comes a second or more sooner or later."""
        if self.before_s is None or self.after_s is None:
            return False
        return abs(self.after_s - self.before_s) >= 1


@dataclass(frozen=True)
class Replay:
    """A call as it was, and as it would be now."""

    before: Recorded
    after: Recorded
    outcome: Outcome
    """Of the call as it would be."""
    choices: Choices = field(default_factory=dict)
    """Lines that the flow picks at random: one is as good as another."""

    @property
    def is_same(self) -> bool:
        """Whether the caller hears the same lines in the same order."""
        return self._compared(self.before) == self._compared(self.after)

    @property
    def verdict(self) -> str:
        """In a sentence."""
        if not self.is_same:
            return "The caller hears something else (- before, + now)."
        if any(line.is_moved for line in self.lines):
            return "The caller hears what they heard, but not when: see the times."
        return "The caller hears what they heard."

    def _compared(self, recorded: Recorded) -> list[tuple[str, ...]]:
        return [self.choices.get(line, (line,)) for line in recorded.lines]

    @property
    def lines(self) -> Iterator[Change]:
        """Each line that was heard, or is now."""
        both = self._compared(self.before), self._compared(self.after)
        was, is_ = list(_timed(self.before)), list(_timed(self.after))
        for code, i1, i2, j1, j2 in SequenceMatcher(None, *both, autojunk=False).get_opcodes():
            if code == "equal":
                pairs = zip(was[i1:i2], is_[j1:j2], strict=True)
                yield from (Change(text, at_s, now_s) for (text, at_s), (_, now_s) in pairs)
            else:
                yield from (Change(text, at_s, None) for text, at_s in was[i1:i2])
                yield from (Change(text, None, at_s) for text, at_s in is_[j1:j2])


def _timed(recorded: Recorded) -> Iterator[tuple[str, float]]:
    times = (note.at_ms / 1000 for note in recorded.heard)
    return zip(recorded.lines, times, strict=True)


async def play_again(flows: Flows, recorded: Recorded, name: str, prompts: Path) -> Replay:
    """Have the caller, the model and the tools of a recording do again what they did.

    Args:
        flows: where the flow is that was called.
        recorded: the call.
        name: of the outcome.
        prompts: a folder where rendered prompts are kept.

    Raises:
        FlowError: there is no such flow.
        BadFlight: the call is not answered any more.
    """
    began_s = time.monotonic()
    head = recorded.head
    played = with_tools(flows.named(head.flow), recorded)
    choices = choices_of(played)
    flows = Flows({**flows.by_name, head.flow: played}, flows.folder)
    ears = PlayedEars(recorded) if head.has_sound else None
    scene = Scene(flow=head.flow, language=head.language)
    async with dialled(flows, scene, prompts, brain=model(recorded), ears=ears) as call:
        try:
            with suppress(TimeoutError):  # where it goes on now, its lines tell how
                async with asyncio.timeout(recorded.notes[-1].at_ms / 1000 + _LONGEST_S):
                    await race(_caller(call, PlayedCaller(recorded, choices)), _until_over(call))
        except CallRefused as refused:
            raise BadFlight(f"The call is not answered any more: {refused.reason}.") from refused
        await call.phone.hangs_up()
        report, flight = await call.report(), await call.flight()
    seconds = time.monotonic() - began_s
    outcome = Outcome(name=name, flow=head.flow, report=report, seconds=seconds, flight=flight)
    return Replay(recorded, Recorded.of(flight, "the call of today"), outcome, choices)


async def _caller(call: RehearsedCall, caller: PlayedCaller) -> None:
    with suppress(LineDead):
        await caller.calls(call)
    await _until_over(call)


async def _until_over(call: RehearsedCall) -> None:
    await call.phone.ended()


def replay(path: Path, source: str, out: Path) -> bool:
    """Play a flight again, say what the caller would hear now; whether it is what they heard.

    Args:
        path: the file.
        source: package or folder of call flows.
        out: folder for the page, the sound, the figures and the flight of the call as it is now.

    Raises:
        BadFlight: the file holds none that can be played.
        FlowError: there is no such flow any more.
    """
    recorded = Recorded.read(path)
    if out.resolve() == path.parent.resolve():
        raise BadFlight(f"{out} holds the recording: name another folder with --out.")
    configure_logs(json=False)
    logging.disable()  # what went wrong in a call is in its report
    with (
        TemporaryDirectory() as prompts,
        asyncio.Runner(loop_factory=VirtualTimeLoop) as runner,
    ):
        name = path.stem if A_NAME.fullmatch(path.stem) else "call"
        work = play_again(load_flows(source), recorded, name, Path(prompts))
        played = runner.run(work)
    console = Console(highlight=False)
    _tell(played, console)
    _leave(played.outcome, path, out)
    console.print(f"Left in {out}/: the call as it is now, with its page.")
    return played.is_same


def _tell(played: Replay, console: Console) -> None:
    styles = {"-": "red", "+": "green", " ": "dim"}
    console.print("[dim]   before      now[/]")
    for line in played.lines:
        times = "".join(" " * 9 if at is None else f"{at:7.1f} s" for at in line[1:])
        console.print(
            f"[{styles[line.sign]}]{times}  {line.sign} {escape(line.text)}[/]", soft_wrap=True
        )
    if not played.before.head.is_whole:
        console.print("The recording was cut for its length, and so was the call.")
    console.print(played.verdict)


def _leave(outcome: Outcome, path: Path, out: Path) -> None:
    """Write the call; where the one before is beside the flight, as the lab leaves it, both."""
    before = path.with_suffix(".json")
    earlier = [Outcome.read(before)] if before.exists() else []
    outcome.write(out)
    write_call_page(outcome, out)
    if earlier:
        write_comparison(earlier, [outcome], out)
