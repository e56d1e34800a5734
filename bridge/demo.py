"""`interlude call`: one call, live on the terminal, and what it leaves behind."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markup import escape

from bridge.call.race import race
from bridge.flow.callflow import Callflow
from bridge.lab.acs import DidNotHear
from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_call_page
from bridge.lab.picture import write_picture
from bridge.lab.script import Scene
from bridge.lab.voicelive import Switches
from bridge.rehearsal.call import RehearsedCall
from bridge.rehearsal.stage import dialled
from bridge.rehearsal.timeline import Told
from bridge.service.flows import Flows

DEFAULT_LINES = ("Can you help me?", "Thank you, goodbye.")

_ANSWER_S = 45
"""How long the caller waits for an answer before giving up."""

_AGENTS_TOOL_S = 3.0
"""What a Foundry agent's own tools take; the line sees nothing of them but the wait."""

_MADE_UP = {"de": "Einen Augenblick, ich sehe nach."}
"""What the lab's model makes of an interim response, where the line does not speak English."""

_STYLES = {
    "line": "dim",
    "caller": "cyan",
    "agent": "green",
    "interim": "yellow",
    "tool_called": "magenta",
    "tool_answered": "magenta",
}


def _on(console: Console) -> Told:
    def told(at_s: float, kind: str, text: str) -> None:
        style, label = _STYLES[kind], kind.replace("_", " ")
        console.print(f"[dim]{at_s:6.2f} s[/]  [{style}]{label:13}[/] {escape(text)}")

    return told


async def place_call(
    name: str, flow: Callflow, lines: Sequence[str], out: Path, console: Console
) -> None:
    """Call a flow, say `lines`, and leave the call's sound, page, picture and figures in `out`.

    Whatever the hours of the line, it is open.
    """
    switches = Switches(agent_tool_s=_AGENTS_TOOL_S)
    if made_up := _MADE_UP.get(flow.language[:2]):
        switches = replace(switches, llm_interim_texts=(made_up,))
    began_s = asyncio.get_running_loop().time()
    console.print(f"Calling {name} at {flow.number}: two clouds, one loopback, real sockets.")
    with TemporaryDirectory() as prompts:
        async with dialled(
            Flows({name: flow}),
            Scene(flow=name, voice_live=switches),
            Path(prompts),
            _on(console),
        ) as call:
            call.timeline.add("line", "ringing")
            await call.answered()
            call.timeline.add("line", "answered")
            try:
                await race(_caller(call, flow, lines), _until_over(call))
            except (TimeoutError, DidNotHear):
                call.timeline.add("line", f"the caller waited {_ANSWER_S} s in vain")
                await call.hangs_up()
            end = await call.phone.ended()
            call.timeline.add("line", f"over: {end.message or end.by}")
            report, flight = await call.report(), await call.flight()
    seconds = asyncio.get_running_loop().time() - began_s
    outcome = Outcome(name="call", flow=name, report=report, seconds=seconds, flight=flight)
    await asyncio.to_thread(_leave, outcome, out)
    console.print(report.summary())
    console.print(
        f"Left in {out}/: call.html, the call in a browser; "
        "call.wav (caller left, agent right), timeline.png, call.json, call.call"
    )


def _leave(outcome: Outcome, out: Path) -> None:
    outcome.write(out)
    write_picture(outcome.report, out / "timeline.png")
    write_call_page(outcome, out)


async def _caller(call: RehearsedCall, flow: Callflow, lines: Sequence[str]) -> None:
    """Hear each answer to its end, then say the next line."""
    if flow.greeting:
        await call.hears(flow.greeting, within_s=_ANSWER_S)
    for line in lines:
        await call.waits(0.4)
        await call.says(line)
        async with asyncio.timeout(_ANSWER_S):
            answer = await call.timeline.answers.get()
        await call.hears(answer, within_s=_ANSWER_S)
    await call.waits(0.5)
    await call.hangs_up()


async def _until_over(call: RehearsedCall) -> None:
    await call.phone.ended()
