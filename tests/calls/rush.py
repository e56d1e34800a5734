"""Callers who come at once, and a line that says what it does when there are too many."""

import asyncio
from typing import Any

from bridge import Callflow, HangUp, Limits, Transfer, Voicemail
from bridge.call.record import Record
from bridge.lab.acs import CallRefused, Phone
from bridge.service.load import TICK_S, TICKS
from bridge.service.parts import CAPACITY
from bridge.trial import Trial
from tests.calls.conftest import NUMBER

CAPACITY_OF_6, TWICE = 6, 12
GREETING = "Good morning, this is the order line."
QUESTION, ANSWER = "Where is my order?", "It is on its way."
SORRY = "All our lines are busy at the moment. Please call again in a few minutes."
COLLEAGUE = "+18005550199"
JANE = "+14255550123"


def line(overflow: HangUp | Transfer | Voicemail, **limits: Any) -> Callflow:
    limits_of_line = Limits(overflow=overflow, **limits)
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None, limits=limits_of_line)

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(0.5)
        return ANSWER

    return flow


async def call(scene: Trial, after_s: float = 0) -> tuple[str, Phone]:
    """What becomes of a caller, who talks with the agent if there is one."""
    await asyncio.sleep(after_s)
    phone = await scene.acs.dial(NUMBER)
    try:
        await phone.hears("")
    except CallRefused as refused:
        return refused.reason, phone
    if phone.heard()[0].text != GREETING:
        await phone.waits(2)
        await phone.hangs_up()
        return "told", phone
    await phone.says(QUESTION)
    await phone.hears(ANSWER)
    await phone.hangs_up()
    return "served", phone


async def rush(scene: Trial, every_s: float = 0.25) -> dict[str, list[Phone]]:
    """Twelve callers within three seconds."""
    calls = [call(scene, nth * every_s) for nth in range(TWICE)]
    became = dict[str, list[Phone]]()
    for what, phone in await asyncio.gather(*calls):
        became.setdefault(what, []).append(phone)
    return became


def has_sound(record: Record) -> bool:
    return record.underruns == record.frames_dropped == 0 and record.frames_up > 0


def works_hard(scene: Trial) -> None:
    for _ in range(TICKS):
        scene.app[CAPACITY].load.note(TICK_S, TICK_S)
