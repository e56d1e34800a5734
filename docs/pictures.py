"""Draws the pictures of these pages: calls in the lab, on a clock that does not wait."""

import asyncio
import shutil
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bridge import Callflow, Play, Say, StaticInterim, Transfer, Trigger
from bridge.demo import place_call
from bridge.flow.interim import Step
from bridge.lab.clock import VirtualTimeLoop

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


async def draw() -> None:
    """Place a call for each picture."""
    for name, flow in PICTURES.items():
        with TemporaryDirectory() as out:
            await place_call(
                name, flow, ["Where is my order?"], Path(out), Console(file=StringIO())
            )
            shutil.copy(Path(out) / "timeline.png", HERE / f"{name}.png")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(draw())
