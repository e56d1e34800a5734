"""Who said what, and in which order: what silence, the next session and the model rest on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridge import Callflow, Ended, HangUp, Recording, Silence, StaticInterim, Transfer, Trigger
from bridge.lab.acs import Answers, Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.voicelive import ScriptBrain, Thought
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
FIRST, GOODBYE = "Are you still there?", "Then goodbye."
COLLEAGUE = "+18005550199"


async def call(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    return phone


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-realtime"])
async def test_after_an_answer_silence_is_the_callers(stage: Stage, model: str) -> None:
    """A model that hears by itself has its answer before the transcript of the question."""
    silence = Silence(after_ms=6_000, reprompts=(FIRST,), then=HangUp(say=GOODBYE))
    flow = Callflow(
        number=NUMBER, greeting=GREETING, model=model, voice="en-US-AvaNeural", silence=silence
    )
    scene = await stage(flow, prompts=True, brain=ScriptBrain([Thought(say="I am fine.")]))
    phone = await call(scene)
    await phone.says("How are you?")
    await phone.hears("I am fine.")
    await phone.waits(16)
    await phone.hangs_up()
    heard = [said.text for said in phone.heard()]
    assert heard == [GREETING, "I am fine.", FIRST, GOODBYE]


async def test_reprompts_that_were_not_rendered_are_spoken_all_the_same(stage: Stage) -> None:
    silence = Silence(after_ms=6_000, reprompts=(FIRST,), then=HangUp(say=GOODBYE))
    scene = await stage(Callflow(number=NUMBER, greeting=GREETING, silence=silence))
    phone = await call(scene)
    await phone.ended()
    assert [said.text for said in phone.heard()] == [GREETING, FIRST, GOODBYE]


async def test_a_keypad_transfer_that_fails_is_told_to_the_caller(stage: Stage) -> None:
    flow = Callflow(
        number=NUMBER,
        greeting=GREETING,
        silence=None,
        keypad={"0": Transfer(COLLEAGUE, say="I will connect you.")},
    )
    scene = await stage(flow, prompts=True, acs_switches=AcsSwitches(transfer_result=(486, 560486)))
    phone = await call(scene)
    await phone.presses("0")
    await phone.hears("I will connect you.")
    await phone.waits(15)
    await phone.hangs_up()
    assert len(phone.heard()) > 2, "fifteen seconds of silence"


async def test_an_answer_that_a_silent_caller_gets_while_a_transfer_rings_is_heard(
    stage: Stage,
) -> None:
    then = Transfer(COLLEAGUE, say="I will connect you.")
    silence = Silence(after_ms=3_000, reprompts=(), then=then)
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=silence)
    scene = await stage(
        flow,
        prompts=True,
        acs_switches=AcsSwitches(transfer_result=(486, 560486), transfer_rings_s=8),
        brain=ScriptBrain([Thought(say="I am fine.")]),
    )
    phone = await call(scene)
    await phone.hears("I will connect you.")
    await phone.says("Hello, how are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_a_brief_is_for_the_colleague_alone(stage: Stage) -> None:
    """Neither the model nor the transcript holds that the caller heard it."""
    brief = "A caller wants a refund. Press one to take the call."
    flow = Callflow(number=NUMBER, silence=None)
    lines: list[Any] = []

    @flow.on_end
    async def done(ended: Ended) -> None:
        lines.extend((said.by, said.text) for said in ended.said)

    @flow.tool
    async def refund() -> Transfer:
        """Give money back, a refund."""
        return Transfer(COLLEAGUE, say="I will ask.", brief=brief, music="hold.wav")

    scene = await stage(flow, folder=Path("callflows"))
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=2)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says("I want a refund.")
    await phone.hears("The transfer failed", within_s=60)
    await phone.hangs_up()
    await scene.record()
    await phone.waits(1)
    assert ("agent", brief) not in lines
    assert brief not in str(scene.voices.sessions[0].items)


async def test_consent_that_was_cut_short_is_no_consent(stage: Stage) -> None:
    consent = "This call is recorded, so that we can train our staff and settle disputes."
    flow = Callflow(
        number=NUMBER, greeting=GREETING, silence=None, recording=Recording(consent=consent)
    )
    scene = await stage(flow, prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.3)
    await phone.says("Hello? Is anybody there?")
    await phone.waits(8)
    await phone.hangs_up()
    whole = [said.text for said in phone.heard() if said.complete]
    assert consent in whole or not phone.recording


async def test_an_answer_held_for_a_transfer_is_not_spoken_over_a_caller_who_went_on(
    stage: Stage,
) -> None:
    interim = StaticInterim(
        texts=("I am looking.",),
        triggers=(Trigger.TOOL,),
        latency_threshold_ms=300,
        delivery="bridge",
        then=(Transfer(COLLEAGUE, say="I will connect you.", after_ms=3_000),),
    )
    flow = Callflow(
        number=NUMBER, greeting=GREETING, voice="en-US-AvaNeural", silence=None, interim=interim
    )

    @flow.tool(timeout_ms=60_000)
    async def refund() -> str:
        """Give money back, a refund."""
        await asyncio.sleep(6)
        return "You will have it on Monday."

    busy = AcsSwitches(transfer_result=(486, 560486), transfer_rings_s=8)
    scene = await stage(flow, prompts=True, acs_switches=busy)
    phone = await call(scene)
    await phone.says("I want a refund.")
    await phone.hears("I will connect you.")
    await phone.waits(3.4)
    await phone.says("No no, please do not connect me at all, I have another question for you.")
    said = phone.said[-1]
    await phone.waits(8)
    await phone.hangs_up()
    over = [h.text for h in phone.heard() if said.start_ms + 500 < h.start_ms < said.end_ms]
    assert not over, over
