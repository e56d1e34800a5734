"""Handing over and hanging up while something else goes on, or goes wrong."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridge import Callflow, Limits, Transfer
from bridge.call.ends import By, Reason
from bridge.lab.acs import Answers, CallbackSwitches, Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.voicelive import Happening, ScriptBrain, Switches, Thought, ToolCall
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

COLLEAGUE, OTHER = "+18005550199", "+18005550188"
ANNOUNCEMENT = "I will ask a colleague."
BRIEF = "A caller wants a refund. Press one to take the call."
SUPERVISED = Transfer(COLLEAGUE, say=ANNOUNCEMENT, brief=BRIEF, music="hold.wav")
LONG = "Your order left our warehouse on Friday, and it will be with you on Monday morning. " * 3


def line(transfer: Transfer, **more: Any) -> Callflow:
    flow = Callflow(**{"number": NUMBER, "silence": None, "voice": "en-US-AvaNeural", **more})

    @flow.tool(interim=None)
    async def refund() -> Transfer:
        """Give money back, a refund."""
        return transfer

    return flow


async def ask(scene: Trial, words: str = "I want a refund.") -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says(words)
    return phone


def texts(phone: Phone) -> list[str]:
    return [said.text for said in phone.heard()]


def transfers(scene: Trial) -> list[str]:
    asked = [r for r in scene.acs.requests if r.operation == "transferToParticipant"]
    return [str(r.body["targetParticipant"]["rawId"]) for r in asked]


def happens(scene: Trial, kind: str) -> asyncio.Event:
    event = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.kind == kind:
            event.set()

    scene.voices.watch(look)
    return event


async def ends_within(phone: Phone, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await phone.ended()
    except TimeoutError:
        hold = phone.is_on_hold
        await phone.hangs_up()
        pytest.fail(f"the call goes on after {seconds} s; on hold: {hold}; {texts(phone)}")


async def test_without_speech_a_colleague_who_presses_nothing_gives_the_caller_back(
    stage: Stage,
) -> None:
    scene = await stage(line(SUPERVISED), folder=Path("callflows"), prompts=True)
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=10)
    announced = happens(scene, "agent_said")
    phone = await ask(scene)
    await announced.wait()
    await phone.waits(3)
    assert phone.is_on_hold
    scene.voices.switches = Switches(handshake=503)
    await scene.voices.sessions[-1].drops()
    await ends_within(phone, 120)


async def test_a_transfer_that_cannot_be_announced_does_not_keep_the_caller_in_silence(
    stage: Stage,
) -> None:
    scene = await stage(line(Transfer(COLLEAGUE, say=ANNOUNCEMENT)), prompts=True)
    called = happens(scene, "tool_called")
    phone = await ask(scene)
    await called.wait()
    scene.voices.switches = Switches(handshake=503)
    await scene.voices.sessions[-1].drops()
    failed_ms = phone.line_ms
    await ends_within(phone, 120)
    heard = [said.start_ms for said in phone.heard() if said.start_ms > failed_ms]
    assert min([*heard, phone.line_ms]) - failed_ms < 10_000, (texts(phone), phone.line_ms)


async def test_a_key_silences_an_answer_and_does_what_it_says_at_once(stage: Stage) -> None:
    flow = Callflow(
        number=NUMBER, silence=None, keypad={"0": Transfer(COLLEAGUE, say=ANNOUNCEMENT)}
    )
    scene = await stage(
        flow, brain=ScriptBrain([Thought(say=LONG)]), voice_switches=Switches(delta_factor=1.3)
    )
    said = happens(scene, "agent_said")
    phone = await ask(scene, "Where is my order?")
    await said.wait()
    await phone.waits(2)
    pressed_ms = phone.line_ms
    await phone.presses("0")
    await ends_within(phone, 60)
    assert phone.heard()[-1].start_ms - pressed_ms < 2_500


async def test_who_presses_a_key_three_times_is_connected_once(stage: Stage) -> None:
    flow = Callflow(
        number=NUMBER, silence=None, keypad={"0": Transfer(COLLEAGUE, say=ANNOUNCEMENT)}
    )
    busy = AcsSwitches(transfer_result=(486, 560486))
    scene = await stage(flow, acs_switches=busy, prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    await phone.presses("000")
    await phone.waits(30)
    await phone.hangs_up()
    assert texts(phone).count(ANNOUNCEMENT) == 1
    assert len(transfers(scene)) == 1


@pytest.mark.parametrize("result", ["accepted", (486, 560486)])
async def test_a_key_while_a_transfer_rings(stage: Stage, result: Any) -> None:
    flow = line(Transfer(COLLEAGUE, say=ANNOUNCEMENT), keypad={"0": Transfer(OTHER)})
    switches = AcsSwitches(transfer_result={COLLEAGUE: result}, transfer_rings_s=6)
    scene = await stage(flow, prompts=True, acs_switches=switches)
    phone = await ask(scene)
    await phone.hears(ANNOUNCEMENT)
    await phone.waits(1)
    await phone.presses("0")
    end = await phone.ended()
    assert end.transferred_to == (COLLEAGUE if result == "accepted" else OTHER)
    record = await scene.record()
    assert len(transfers(scene)) == (1 if result == "accepted" else 2)
    assert record.end
    assert record.end.by is (By.AGENT if result == "accepted" else By.CALLER)
    assert record.end.reason is Reason.TRANSFERRED


async def test_two_tools_that_transfer_at_once_transfer_once(stage: Stage) -> None:
    flow = line(Transfer(COLLEAGUE))

    @flow.tool(interim=None)
    async def other() -> Transfer:
        """Connect to the other."""
        return Transfer(OTHER)

    thought = Thought(calls=(ToolCall("refund", {}), ToolCall("other", {})))
    scene = await stage(flow, prompts=True, brain=ScriptBrain([thought]))
    phone = await ask(scene)
    await phone.ended()
    await scene.record()
    assert len(transfers(scene)) == 1


@pytest.mark.parametrize(
    "callbacks",
    [CallbackSwitches(batch=True), CallbackSwitches(shuffle=True, batch=True)],
    ids=["batch", "shuffled"],
)
@pytest.mark.parametrize("kind", ["cold", "supervised"])
async def test_a_call_that_was_transferred_is_recorded_as_transferred(
    stage: Stage, callbacks: CallbackSwitches, kind: str
) -> None:
    transfer = SUPERVISED if kind == "supervised" else Transfer(COLLEAGUE, say=ANNOUNCEMENT)
    scene = await stage(
        line(transfer),
        folder=Path("callflows"),
        prompts=True,
        acs_switches=AcsSwitches(callbacks=callbacks),
    )
    scene.acs.colleagues[COLLEAGUE] = Answers(after_s=2)
    phone = await ask(scene)
    if kind == "supervised":
        colleague = await scene.acs.colleague(COLLEAGUE)
        await colleague.hears(BRIEF)
        await colleague.presses("1")
    record = await scene.record()
    assert record.end
    assert record.end.reason is Reason.TRANSFERRED, record.end
    if kind == "supervised":
        await phone.hangs_up()


async def test_the_notice_of_the_end_waits_until_the_caller_has_spoken(stage: Stage) -> None:
    notice = "We have one minute left."
    flow = Callflow(number=NUMBER, silence=None, limits=Limits(longest_s=70, notice=notice))
    scene = await stage(flow, prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(9 - phone.line_ms / 1000)
    await phone.says("I would like to know where my order is, because I have waited for a week.")
    until_ms = phone.said[0].end_ms
    await phone.waits(8)
    await phone.hangs_up()
    starts = [said.start_ms for said in phone.heard() if said.text == notice]
    assert starts, texts(phone)
    assert starts[0] >= until_ms, "talked over"


async def test_hanging_up_meanwhile_is_the_callers_end(stage: Stage) -> None:
    flow = line(Transfer(COLLEAGUE, say=ANNOUNCEMENT))
    scene = await stage(flow, prompts=True, acs_switches=AcsSwitches(transfer_rings_s=6))
    phone = await ask(scene)
    await phone.hears(ANNOUNCEMENT)
    await phone.waits(2)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.reason is Reason.HUNG_UP, end
