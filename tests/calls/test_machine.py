"""Calls that the line places: a person is greeted after their hello, a machine is told or left."""

import pytest

from bridge import Callflow, HangUp
from bridge.call.ends import By, CallEnd, Reason
from bridge.lab.acs import Answers, Voicemail
from bridge.service.parts import SWITCHBOARD
from tests.calls.conftest import NUMBER, Stage

CALLEE = "+14255550177"
GREETING = "Good morning, this is Contoso. Your order has arrived."
MESSAGE = "This is Contoso. Your order has arrived. Please call us back."
TALK = (
    "Hello, you have reached the mailbox of Jane Miller. I am not at home just now. "
    "Please leave your name and your number after the tone, and I will call you back."
)


def line(machine: HangUp) -> Callflow:
    return Callflow(number=NUMBER, greeting=GREETING, machine=machine)


@pytest.mark.parametrize("prompts", [True, False], ids=["rendered", "spoken by Voice Live"])
async def test_a_person_is_greeted_when_they_have_said_hello(
    stage: Stage, *, prompts: bool
) -> None:
    scene = await stage(line(HangUp()), prompts=prompts)
    scene.acs.callees[CALLEE] = Answers(after_s=2)
    await scene.app[SWITCHBOARD].place("line", CALLEE)
    callee = await scene.acs.callee(CALLEE)
    await callee.answered()
    await callee.waits(0.5)
    await callee.says("Hello?")
    await callee.hears(GREETING)
    (greeting,) = callee.heard()
    assert greeting.start_ms >= callee.said[0].end_ms, "not over their words"
    await callee.says("Thank you.")
    await callee.hears("no answer to that")
    await callee.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER


async def test_a_person_who_says_nothing_is_greeted_all_the_same(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True)
    scene.acs.callees[CALLEE] = Answers(after_s=2)
    await scene.app[SWITCHBOARD].place("line", CALLEE)
    callee = await scene.acs.callee(CALLEE)
    await callee.hears(GREETING)
    assert callee.heard()[0].start_ms == pytest.approx(3_000, abs=400)
    await callee.hangs_up()


async def test_a_machine_is_hung_up_on(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True)
    scene.acs.callees[CALLEE] = Voicemail(TALK, after_s=3)
    await scene.app[SWITCHBOARD].place("line", CALLEE)
    callee = await scene.acs.callee(CALLEE)
    record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="a machine answered")
    assert callee.heard() == []


async def test_a_machine_takes_a_message_after_its_words(stage: Stage) -> None:
    scene = await stage(line(HangUp(say=MESSAGE)), prompts=True)
    scene.acs.callees[CALLEE] = Voicemail(TALK, after_s=3)
    await scene.app[SWITCHBOARD].place("line", CALLEE)
    callee = await scene.acs.callee(CALLEE)
    record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="a machine answered")
    (message,) = callee.heard()
    assert (message.text, message.complete) == (MESSAGE, True)
    assert message.start_ms >= callee.said[0].end_ms + 500, "after the beep"
