"""A caller who waits for a lookup."""

import asyncio
from typing import Any

from bridge import Callflow, LlmInterim, StaticInterim, Trigger
from bridge.lab.acs import Phone
from bridge.lab.speech import Heard
from bridge.lab.voicelive import Happening, Switches
from bridge.trial import Trial
from tests.calls.conftest import NUMBER

LINE = "Please wait, I am looking."
ANSWER = "It is on its way."
QUESTION = "Where is my order?"
THRESHOLD_MS = 800

SHAPES = {
    "separate": Switches(interim_shape="separate"),
    "same_response": Switches(interim_shape="same_response"),
    "held_done": Switches(interim_shape="held_done"),
    "answer_follows": Switches(interim_active_blocks_create=False),
    "not_in_history": Switches(interim_in_history=False),
}
"""How the service may put its own lines on the wire: nobody has recorded it."""


def look_up(interim: StaticInterim | LlmInterim, *, takes_s: float, **more: Any) -> Callflow:
    given = {"number": NUMBER, "voice": "en-US-AvaNeural", "silence": None, **more}
    flow = Callflow(interim=interim, **given)

    @flow.tool(timeout_ms=100_000)
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(takes_s)
        return ANSWER

    return flow


def static(trigger: Trigger, delivery: Any, **more: Any) -> StaticInterim:
    return StaticInterim(
        texts=(LINE,),
        triggers=(trigger,),
        latency_threshold_ms=THRESHOLD_MS,
        delivery=delivery,
        **more,
    )


class Clock:
    """When things happened at the agent's side, on the caller's clock."""

    def __init__(self, scene: Trial) -> None:
        self._seen: list[Happening] = []
        scene.voices.watch(self._seen.append)

    def ms(self, phone: Phone, kind: str, number: int = 0) -> float:
        times = [(h.at_s - phone.opened_s) * 1000 for h in self._seen if h.kind == kind]
        return times[number]


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says(QUESTION)
    return phone


def lines(phone: Phone) -> list[Heard]:
    heard = phone.heard()
    assert all(line.complete for line in heard), "never half a word"
    return heard
