"""`interlude call`: one call, live on the terminal, and what it leaves behind."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from structlog import get_config
from structlog.typing import EventDict, Processor

from bridge.call.race import race
from bridge.flow.callflow import Callflow
from bridge.lab.acs import DidNotHear, Phone
from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_call_page
from bridge.lab.picture import write_picture
from bridge.lab.report import CallReport, Event
from bridge.lab.voicelive import Happening, Switches
from bridge.service.flows import Flows
from bridge.trial import trial

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


class _Timeline:
    """What happens, as it happens: printed, and kept for the report."""

    def __init__(self, console: Console, greeting: str) -> None:
        self._console = console
        self._greeting = greeting
        self._loop = asyncio.get_running_loop()
        self.began_s = self._loop.time()
        self._noted: list[tuple[float, str, str]] = []
        self.answers: asyncio.Queue[str] = asyncio.Queue()

    def add(self, kind: str, text: str) -> None:
        """Note that something begins now."""
        now = self._loop.time()
        self._noted.append((now, kind, text))
        style, label = _STYLES[kind], kind.replace("_", " ")
        self._console.print(
            f"[dim]{now - self.began_s:6.2f} s[/]  [{style}]{label:13}[/] {escape(text)}"
        )

    def happens(self, happening: Happening) -> None:
        """Take in what the agent's side does."""
        kind = {"agent_said": "agent"}.get(happening.kind, happening.kind)
        is_noted = self._noted and self._noted[-1][1:] == (kind, happening.text)
        if kind in _STYLES and not is_noted:
            self.add(kind, happening.text)
        if kind == "agent" and happening.text != self._greeting:
            self.answers.put_nowait(happening.text)

    def logged(self, _: object, __: str, event: EventDict) -> EventDict:
        """Take in what the bridge says by itself: a processor for its log."""
        if event["event"] == "greeting.played":
            self.add("agent", self._greeting)
        elif event["event"] == "interim.spoken":
            self.add("interim", event["text"])
        return event

    def events(self, answered_s: float) -> list[Event]:
        """What was noted, timed from the answer."""
        return [Event((at - answered_s) * 1000, kind, text) for at, kind, text in self._noted]


@contextmanager
def _listening_to_the_log(listener: Processor) -> Iterator[None]:
    processors: list[Processor] = get_config()["processors"]
    processors.insert(0, listener)
    try:
        yield
    finally:
        processors.remove(listener)


async def place_call(
    name: str, flow: Callflow, lines: Sequence[str], out: Path, console: Console
) -> None:
    """Call a flow, say `lines`, and leave the call's sound, page, picture and figures in `out`.

    Whatever the hours of the line, it is open.
    """
    switches = Switches(agent_tool_s=_AGENTS_TOOL_S)
    if made_up := _MADE_UP.get(flow.language[:2]):
        switches = replace(switches, llm_interim_texts=(made_up,))
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            trial(Flows({name: flow}), voice_switches=switches, prompts=True)
        )
        stage.open_line(flow)
        timeline = _Timeline(console, flow.greeting or "")
        stage.voices.watch(timeline.happens)
        stack.enter_context(_listening_to_the_log(timeline.logged))
        console.print(f"Calling {name} at {flow.number}: two clouds, one loopback, real sockets.")
        phone = await stage.acs.dial(flow.number, language=flow.language)
        timeline.add("line", "ringing")
        await phone.answered()
        timeline.add("line", "answered")
        try:
            await race(_caller(phone, flow, lines, timeline), _until_over(phone))
        except (TimeoutError, DidNotHear):
            timeline.add("line", f"the caller waited {_ANSWER_S} s in vain")
            await phone.hangs_up()
        end = await phone.ended()
        timeline.add("line", f"over: {end.message or end.by}")
        record = await stage.record()
    report = CallReport(
        flow=name,
        rate_hz=phone.rate_hz,
        caller=bytes(phone.caller),
        agent=bytes(phone.agent),
        events=timeline.events(phone.opened_s),
        said=phone.said,
        heard=await asyncio.to_thread(phone.heard),
        bridge=asdict(record),
    )
    seconds = asyncio.get_running_loop().time() - timeline.began_s
    outcome = Outcome(name="call", flow=name, report=report, seconds=seconds)
    await asyncio.to_thread(_leave, outcome, out)
    console.print(report.summary())
    console.print(
        f"Left in {out}/: call.html, the call in a browser; "
        "call.wav (caller left, agent right), timeline.png, call.json"
    )


def _leave(outcome: Outcome, out: Path) -> None:
    outcome.write(out)
    write_picture(outcome.report, out / "timeline.png")
    write_call_page(outcome, out)


async def _caller(phone: Phone, flow: Callflow, lines: Sequence[str], timeline: _Timeline) -> None:
    """Hear each answer to its end, then say the next line."""
    if flow.greeting:
        await phone.hears(flow.greeting, within_s=_ANSWER_S)
    for line in lines:
        await phone.waits(0.4)
        timeline.add("caller", line)
        await phone.says(line)
        async with asyncio.timeout(_ANSWER_S):
            answer = await timeline.answers.get()
        await phone.hears(answer, within_s=_ANSWER_S)
    await phone.waits(0.5)
    await phone.hangs_up()


async def _until_over(phone: Phone) -> None:
    await phone.ended()
