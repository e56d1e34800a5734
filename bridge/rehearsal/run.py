"""One scripted call: performed, and judged by what was heard."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from bridge.lab.acs import CallRefused, LineDead
from bridge.lab.budget import Failure
from bridge.lab.outcome import Outcome
from bridge.lab.report import CallReport
from bridge.lab.script import Expected, Script, ToolUsed
from bridge.lab.script import steps as does
from bridge.rehearsal.call import DidNotHear, RehearsedCall, Unexpected
from bridge.rehearsal.stage import Against, dialled
from bridge.rehearsal.timeline import Told, nobody
from bridge.service.flows import Flows

_AFTER_S = 60
"""How long a call may last after its caller has done everything."""


async def run_script(
    flows: Flows,
    script: Script,
    folder: Path,
    prompts: Path,
    told: Told = nobody,
    against: Against | None = None,
) -> Outcome:
    """Perform a script; what does not come true is in the outcome, and the call is ended.

    Args:
        flows: where the script's flow is.
        script: what is done and expected.
        folder: where the sounds are that it names.
        prompts: a folder where rendered prompts are kept for the next call.
        told: told what happens, as it happens.
        against: a Voice Live to use in place of the lab's.

    Raises:
        FlowError, BadScript: the script does not fit the flow.
    """
    began_s = time.monotonic()
    failures: list[Failure] = []
    async with dialled(flows, script, prompts, told, against=against) as call:
        try:
            for step in script.steps:
                await _perform(call, step, folder)
        except (DidNotHear, Unexpected, LineDead, CallRefused) as missed:
            failures.append(Failure(str(missed), call.phone.line_ms))
        await _end(call)
        report, flight = await call.report(), await call.flight()
        failures += [Failure(text) for text in _unmet(call, report, script.expect)]
        if (wanted := script.expect.transferred_to) and (
            reached := await call.transferred_to()
        ) != wanted:
            failures.append(Failure(f"put through to {reached or 'nobody'}, not to {wanted}"))
    return Outcome(
        name=script.name,
        flow=script.flow,
        report=report,
        failures=tuple(failures),
        budget=script.budget,
        seconds=time.monotonic() - began_s,
        flight=flight,
    )


async def _perform(call: RehearsedCall, step: does.Step, folder: Path) -> None:
    match step:
        case does.Says(says=text):
            await call.says(text)
        case does.Plays(plays=file):
            await call.plays(folder / file)
        case does.TalksOver(talks_over=text):
            await call.talks_over(text, after_s=step.after_s, within_s=step.within_s)
        case does.Coughs():
            await call.coughs()
        case does.Presses(presses=keys):
            await call.presses(keys)
        case does.Waits(waits=seconds) | does.StaysSilent(stays_silent=seconds):
            await call.waits(seconds)
        case does.Hears(hears=str(text)):
            await call.hears(text, within_s=step.within_s, by=step.by)
        case does.Hears(hears=texts):
            await call.hears(*texts, within_s=step.within_s, by=step.by)
        case does.IsTransferred(is_transferred_to=number):
            await call.is_transferred_to(number, within_s=step.within_s)
        case does.HangsUp():
            await call.hangs_up()
        case does.IsHungUp():
            await call.is_hung_up(within_s=step.within_s)


async def _end(call: RehearsedCall) -> None:
    """Hang up, unless the call is over; then it has left its record."""
    await call.phone.hangs_up()
    async with asyncio.timeout(_AFTER_S):
        await call.record()


def _unmet(call: RehearsedCall, report: CallReport, expected: Expected) -> Iterator[str]:
    """What was expected of the whole call and did not come true."""
    for words in expected.never_heard:
        for spell in report.spells:
            of = expected.never_heard_by
            is_theirs = spell.who != "caller" and of in (None, spell.who)
            if is_theirs and words.casefold() in spell.text.casefold():
                yield f"{words!r} was heard, in {spell.text!r} at {spell.start_ms / 1000:.1f} s"
    if expected.tools is not None and not _are(call.tools, expected.tools):
        called = ", ".join(f"{tool.name} {dict(tool.arguments)}" for tool in call.tools)
        yield f"the tools called were: {called or 'none'}"
    if spoke := expected.interim:
        lines = sum(spell.who == "interim" for spell in report.spells)
        if lines < spoke.least or (spoke.most is not None and lines > spoke.most):
            most = "" if spoke.most is None else f", and {spoke.most} at most"
            yield f"{lines} lines covered waits; expected were {spoke.least}{most}"
    if ended := expected.end:
        end = report.bridge["end"]
        for field in ("by", "reason"):
            wanted = getattr(ended, field)
            if wanted is not None and wanted != end[field]:
                yield f"the call ended with {field} {end[field]}, not {wanted}"


def _are(called: list[ToolUsed], expected: tuple[ToolUsed, ...]) -> bool:
    return len(called) == len(expected) and all(
        one.name == other.name and other.arguments.items() <= one.arguments.items()
        for one, other in zip(called, expected, strict=True)
    )
