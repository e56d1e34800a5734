"""Draws the pictures of these pages: calls in the lab, on a clock that does not wait."""

import asyncio
import shutil
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bridge import Callflow, Play, Say, StaticInterim, Transfer, Trigger
from bridge.demo import place_call
from bridge.flow.interim import Step
from bridge.lab.clock import VirtualTimeLoop
from bridge.lab.picture import write_picture
from bridge.lab.report import CallReport, Event
from bridge.lab.voicelive import Happening, Switches
from bridge.service.flows import Flows
from bridge.trial import trial

HERE = Path(__file__).parent
HOLD = str(HERE.parent / "callflows" / "hold.wav")


def line(takes_s: float, *then: Step) -> Callflow:
    """A line whose lookups take so long."""
    flow = Callflow(
        number="+18005550142",
        interim=StaticInterim(
            texts=("Let me look that up for you.",),
            triggers=(Trigger.TOOL,),
            latency_threshold_ms=800,
            then=then,
        ),
    )

    @flow.tool(timeout_ms=60_000)
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(takes_s)
        return "Your order is on its way."

    return flow


LADDER = (
    Say("Still looking, thanks for your patience.", after_ms=4_500),
    Play(HOLD, after_ms=7_000),
)
GIVE_UP = Transfer("+18005550199", say="I will connect you to a colleague.", after_ms=9_000)

PICTURES = {
    "wait-short": line(0.3),
    "wait-line": line(4),
    "wait-ladder": line(12, *LADDER),
    "wait-given-up": line(40, *LADDER, GIVE_UP),
}


async def draw_loss() -> None:
    """A call whose session is lost in mid-lookup, and found again three seconds later."""
    flow = line(6)
    events: list[Event] = []
    async with trial(Flows({"line": flow}), prompts=True) as scene:
        loop = asyncio.get_running_loop()
        called = loop.create_future()

        def look(happening: Happening) -> None:
            kind = "agent" if happening.kind == "agent_said" else happening.kind
            events.append(Event(happening.at_s, kind, happening.text))
            if happening.kind == "tool_called":
                called.set_result(None)

        scene.voices.watch(look)
        phone = await scene.acs.dial(flow.number)
        await phone.answered()
        await phone.waits(0.5)
        await phone.says("Where is my order?")
        await called
        await phone.waits(2)
        scene.voices.switches = Switches(handshake_s=3)
        lost_s = loop.time() - phone.opened_s
        await scene.voices.sessions[0].drops()
        await phone.hears("Your order is on its way.")
        await phone.waits(0.5)
        await phone.hangs_up()
        record = await scene.record()
    report = CallReport(
        flow=f"the session is lost at {lost_s:.1f} s, and replaced 3 s later",
        rate_hz=phone.rate_hz,
        caller=bytes(phone.caller),
        agent=bytes(phone.agent),
        events=[replace(e, at_ms=(e.at_ms - phone.opened_s) * 1000) for e in events],
        said=phone.said,
        heard=phone.heard(),
        bridge=asdict(record),
    )
    write_picture(report, HERE / "lost-session.png")


async def draw() -> None:
    """Place a call for each picture."""
    await draw_loss()
    for name, flow in PICTURES.items():
        with TemporaryDirectory() as out:
            await place_call(
                name, flow, ["Where is my order?"], Path(out), Console(file=StringIO())
            )
            shutil.copy(Path(out) / "timeline.png", HERE / f"{name}.png")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(draw())
