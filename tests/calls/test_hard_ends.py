"""Hanging up, and losing the session, while a tool is in the middle of something."""

import asyncio
from pathlib import Path

import pytest

from bridge import Call, Callflow, Recording, Transfer
from bridge.call.ends import By
from bridge.lab.acs import Answers, Phone
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

COLLEAGUE = "+18005550199"
BRIEF = "A caller wants a refund. Press one to take the call."


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says("I want a refund.")
    return phone


@pytest.mark.parametrize("at_s", [0.3, 1.5, 4.0, 6.0])
@pytest.mark.parametrize("what", ["digits", "typing", "secret", "held"])
async def test_who_hangs_up_meanwhile_leaves_nothing(stage: Stage, what: str, at_s: float) -> None:
    flow = Callflow(number=NUMBER, silence=None, voice="en-US-AvaNeural", recording=Recording())

    @flow.tool(interim=None)
    async def refund(call: Call) -> str | Transfer:
        """Give money back, a refund."""
        if what == "held":
            return Transfer(COLLEAGUE, say="I ask.", brief=BRIEF, music="hold.wav")
        if what == "secret":
            return str(len(await call.digits("Number?", max_digits=9, secret=True)))
        return await call.digits("Number?", max_digits=9)

    scene = await stage(flow, folder=Path("callflows"), prompts=True)
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=3)
    phone = await ask(scene)
    await phone.waits(1.5)
    if what != "held":
        await phone.presses("12" if what == "typing" else "")
    await phone.waits(at_s)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER, end


async def test_a_write_runs_once_across_a_renewal(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, silence=None, voice="en-US-AvaNeural")
    ran = []

    @flow.tool(effect="write", interim=None, timeout_ms=60_000)
    async def refund() -> str:
        """Give money back, a refund."""
        ran.append(1)
        await asyncio.sleep(5)
        return "You will have it on Monday."

    again = Thought(calls=(ToolCall("refund", {}),))
    scene = await stage(flow, prompts=True, brain=ScriptBrain([again, again], [again]))
    phone = await ask(scene)
    await phone.waits(3)
    await scene.voices.sessions[-1].drops()
    await phone.hears("You will have it on Monday.")
    await phone.hangs_up()
    assert len(ran) == 1
