"""Nobody speaks: the line asks, asks again, and says goodbye; times are what the caller hears."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bridge import Callflow, HangUp, Silence, Transfer
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import LineDead, Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.speech import Heard
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
FIRST, SECOND, GOODBYE = "Are you still there?", "I can hear nothing.", "Then goodbye."
SILENCE = Silence(after_ms=6_000, reprompts=(FIRST, SECOND), then=HangUp(say=GOODBYE))
TONE = (np.sin(np.arange(16_000 * 70) * 0.4) * 8_000).astype("<i2").tobytes()


def line(**more: Any) -> Callflow:
    return Callflow(number=NUMBER, greeting=GREETING, **{"silence": SILENCE, **more})


def gaps_s(heard: list[Heard]) -> list[float]:
    """Silence from the end of each line to the beginning of the next."""
    return [(later.start_ms - earlier.end_ms) / 1000 for earlier, later in pairwise(heard)]


async def call(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    return phone


async def test_a_caller_who_says_nothing_is_asked_twice_and_then_let_go(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    phone = await call(scene)
    await phone.ended()
    heard = phone.heard()
    assert [said.text for said in heard] == [GREETING, FIRST, SECOND, GOODBYE]
    assert all(said.complete for said in heard)
    assert gaps_s(heard) == pytest.approx([6, 6, 6], abs=0.35), "from the last word that was heard"
    record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="the caller was silent")
    assert record.reprompts == 2


async def test_a_word_a_key_or_a_tool_begins_the_silence_anew(stage: Stage) -> None:
    flow = line()

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(9)
        return "It is on its way."

    scene = await stage(flow, prompts=True)
    phone = await call(scene)
    await phone.hears(FIRST)
    await phone.says("Where is my order?")
    await phone.hears("It is on its way.")
    await phone.waits(4)
    await phone.presses("5")
    pressed_ms = phone.line_ms - 500
    await phone.hears(FIRST)
    await phone.hangs_up()
    asked_again = phone.heard()[-1]
    assert asked_again.start_ms == pytest.approx(pressed_ms + 6_000, abs=600)
    assert [said.text for said in phone.heard()].count(SECOND) == 0


async def test_the_goodbye_may_be_a_transfer(stage: Stage) -> None:
    then = Transfer("+18005550199", say="I will connect you.")
    scene = await stage(line(silence=Silence(after_ms=3_000, reprompts=(), then=then)))
    phone = await call(scene)
    assert (await phone.ended()).transferred_to == "+18005550199"
    assert [said.text for said in phone.heard()] == [GREETING, "I will connect you."]
    assert (await scene.record()).end == CallEnd(
        By.BRIDGE, Reason.TRANSFERRED, Then.NOTHING, "the caller was silent"
    )


async def test_a_line_on_which_something_never_stops_is_let_go(stage: Stage) -> None:
    scene = await stage(line(silence=replace(SILENCE, longest_speech_ms=20_000)), prompts=True)
    phone = await call(scene)
    music = asyncio.create_task(phone.plays(TONE, 16_000))
    await phone.ended()
    with pytest.raises(LineDead):
        await music
    assert phone.heard()[-1].text == GOODBYE
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.BRIDGE, Reason.HUNG_UP)
    assert phone.line_ms < 30_000


async def test_without_silence_the_line_waits(stage: Stage) -> None:
    scene = await stage(line(silence=None))
    phone = await call(scene)
    await phone.waits(120)
    await phone.hangs_up()
    assert [said.text for said in phone.heard()] == [GREETING]


async def test_a_silent_caller_who_cannot_be_transferred_is_asked_again(stage: Stage) -> None:
    then = Transfer("+18005550199", say="I will connect you.")
    scene = await stage(
        line(silence=Silence(after_ms=3_000, reprompts=(FIRST,), then=then)),
        acs_switches=AcsSwitches(transfer_result=(486, 560486)),
        prompts=True,
    )
    phone = await call(scene)
    await phone.hears("I will connect you.")
    await phone.hears(FIRST)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER
