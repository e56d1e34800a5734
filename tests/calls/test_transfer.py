"""Handing the caller over: at once, or to a colleague who is asked first."""

from pathlib import Path
from typing import Any

import pytest

from bridge import Callflow, Transfer
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import (
    BUSY,
    DECLINES,
    Answers,
    Phone,
    RingsOut,
    Voicemail,
)
from bridge.lab.acs import Switches as AcsSwitches
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

COLLEAGUE = "+18005550199"
ANNOUNCEMENT = "I will ask a colleague."
BRIEF = "A caller wants a refund. Press one to take the call."
TEAMS = "8:orgid:11111111-2222-3333-4444-555555555555"


def line(transfer: Transfer) -> Callflow:
    flow = Callflow(number=NUMBER, silence=None)

    @flow.tool
    async def refund() -> Transfer:
        """Give money back, a refund."""
        return transfer

    return flow


SUPERVISED = Transfer(COLLEAGUE, say=ANNOUNCEMENT, brief=BRIEF, music="hold.wav")


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says("I want a refund.")
    return phone


async def supervised(stage: Stage, **more: Any) -> Trial:
    return await stage(line(SUPERVISED), folder=Path("callflows"), **more)


@pytest.mark.parametrize("to", [COLLEAGUE, TEAMS])
async def test_a_cold_transfer_waits_until_it_was_announced_and_tells_what_it_is_about(
    stage: Stage, to: str
) -> None:
    headers = {"User-To-User": "order 4271", "X-MS-Custom-Reason": "refund"}
    scene = await stage(line(Transfer(to, say=ANNOUNCEMENT, headers=headers)))
    phone = await ask(scene)
    assert (await phone.ended()).transferred_to == to
    assert phone.heard()[-1].complete, "heard to its end"
    asked = [r for r in scene.acs.requests if r.operation == "transferToParticipant"]
    assert "order 4271" in str(asked[0].body["customCallingContext"])
    assert (await scene.record()).end == CallEnd(By.AGENT, Reason.TRANSFERRED, Then.NOTHING)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ((486, 560486), "busy"),
        ((480, 560480), "no answer"),
        ((408, 560408), "no answer"),
        ((603, 560603), "declined"),
        ((403, 7507), "not allowed"),
        ((404, 560404), "no such number"),
        ((500, 9999), "does not know"),
    ],
)
async def test_after_a_transfer_that_failed_the_agent_goes_on(
    stage: Stage, result: tuple[int, int], words: str
) -> None:
    scene = await stage(
        line(Transfer(COLLEAGUE, say=ANNOUNCEMENT)),
        acs_switches=AcsSwitches(transfer_result=result),
    )
    phone = await ask(scene)
    await phone.hears("The transfer failed")
    assert words in phone.heard()[-1].text
    await phone.says("Never mind.")
    await phone.hears("no answer to that")
    await phone.hangs_up()
    assert (await scene.record()).end == CallEnd(
        By.CALLER, Reason.HUNG_UP, Then.NOTHING, "CallDisconnected 200/540000"
    )


async def test_a_colleague_who_accepts_is_left_alone_with_the_caller(stage: Stage) -> None:
    scene = await supervised(stage)
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=4)
    phone = await ask(scene)
    colleague = await scene.acs.colleague(COLLEAGUE)
    await colleague.hears(BRIEF)
    assert phone.is_on_hold
    await colleague.presses("1")
    record = await scene.record()
    assert record.end == CallEnd(By.AGENT, Reason.TRANSFERRED, Then.NOTHING)
    await phone.says("Good morning, may I have my money back?")
    await colleague.hears("may I have my money back")
    await colleague.says("Of course.")
    await phone.hears("Of course.")
    heard = [said.text for said in phone.heard()]
    assert heard == [ANNOUNCEMENT, "Of course."], "the brief was not for the caller"
    assert "money back" not in str(scene.voices.sessions[0].heard)
    await phone.hangs_up()


@pytest.mark.parametrize(
    "behaviour",
    [
        BUSY,
        DECLINES,
        RingsOut(),
        Voicemail("Nobody is here. Leave a message.", after_s=5),
        Answers(after_s=2),
    ],
    ids=["busy", "declines", "rings out", "voicemail", "answers and presses nothing"],
)
async def test_a_colleague_who_does_not_accept_gives_the_caller_back(
    stage: Stage, behaviour: Any
) -> None:
    scene = await supervised(stage)
    scene.acs.colleagues[COLLEAGUE] = behaviour
    phone = await ask(scene)
    await phone.hears("The transfer failed", within_s=70)
    assert not phone.is_on_hold
    heard = [said.text for said in phone.heard()]
    assert BRIEF not in heard
    await phone.says("Never mind.")
    await phone.hears("no answer to that")
    await phone.hangs_up()
    assert scene.voices.sessions[0].heard == ["I want a refund.", "Never mind."]


async def test_a_colleague_who_refuses_by_another_key_gives_the_caller_back(stage: Stage) -> None:
    scene = await supervised(stage)
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=2)
    phone = await ask(scene)
    colleague = await scene.acs.colleague(COLLEAGUE)
    await colleague.hears(BRIEF)
    await colleague.presses("2")
    await phone.hears("The transfer failed")
    await colleague.left()
    await phone.hangs_up()


async def test_a_caller_who_hangs_up_meanwhile_ends_the_call(stage: Stage) -> None:
    scene = await supervised(stage)
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=2)
    phone = await ask(scene)
    colleague = await scene.acs.colleague(COLLEAGUE)
    await colleague.hears(BRIEF)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.CALLER, Reason.HUNG_UP)
