"""Keys: digits for a tool, a keypad for the caller, and digits that nobody else may see."""

import asyncio
from typing import Any

import pytest

from bridge import Call, Callflow, HangUp, StaticInterim, Transfer, Trigger
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

PROMPT = "Please enter your customer number."
LINE = "I am looking for it now."


def line(**asked: Any) -> Callflow:
    flow = Callflow(
        number=NUMBER,
        voice="en-US-AvaNeural",
        silence=None,
        interim=StaticInterim(
            texts=(LINE,), triggers=(Trigger.TOOL,), latency_threshold_ms=800, delivery="bridge"
        ),
    )

    @flow.tool(timeout_ms=5_000)
    async def find_customer(call: Call) -> str:
        """Find the account of a customer."""
        number = await call.digits(PROMPT, **{"max_digits": 6, **asked})
        await asyncio.sleep(3)
        return f"Customer {' '.join(number)} has paid."

    return flow


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says("Can you find my account?")
    return phone


@pytest.mark.parametrize(
    "switches",
    [
        AcsSwitches(),
        AcsSwitches(lose_tones=True),
        AcsSwitches(lose_tone_callbacks=True),
        AcsSwitches(dtmf_star="asterisk", dtmf_pound="hash", tone_callback_delay_s=1.2),
    ],
    ids=["both ways", "callbacks alone", "socket alone", "other spellings"],
)
async def test_digits_reach_their_tool_once_by_whichever_way(
    stage: Stage, switches: AcsSwitches
) -> None:
    scene = await stage(line(), acs_switches=switches, prompts=True)
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.waits(7)
    await phone.presses("99*1123#")
    await phone.hears("Customer 1 1 2 3 has paid.")
    lines = [said.text for said in phone.heard()]
    assert lines == [PROMPT, LINE, "Customer 1 1 2 3 has paid."], "no line while keys are awaited"
    await phone.hangs_up()
    (use,) = (await scene.record()).tools
    assert use.outcome == "ok", "its five seconds stood still meanwhile"


async def test_the_first_key_cuts_the_prompt_short(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    phone = await ask(scene)
    while not phone.received_frames:
        await phone.waits(0.1)
    await phone.waits(1.2)
    await phone.presses("112300")
    await phone.hears("Customer 1 1 2 3 0 0 has paid.")
    assert [said.complete for said in phone.heard()] == [False, True, True]


async def test_a_pause_completes_the_entry_and_nothing_at_all_is_asked_for_again(
    stage: Stage,
) -> None:
    scene = await stage(line(gap_ms=2_000, total_ms=6_000), prompts=True)
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.hears(PROMPT)
    await phone.presses("42")
    await phone.hears("Customer 4 2 has paid.")
    assert [said.text for said in phone.heard()].count(PROMPT) == 2


async def test_a_caller_who_enters_nothing_is_told_of_by_the_model(stage: Stage) -> None:
    scene = await stage(line(total_ms=4_000, retries=0), prompts=True)
    phone = await ask(scene)
    await phone.hears("The caller entered nothing.")
    await phone.hangs_up()
    (use,) = (await scene.record()).tools
    assert use.outcome == "declined"


async def test_speech_does_not_answer_unless_the_tool_says_so(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.says("It is four two.")
    await phone.presses("42#")
    await phone.hears("Customer 4 2 has paid.")
    assert scene.voices.sessions[0].heard == ["Can you find my account?"]


async def test_speech_may_answer_and_the_model_does_not_answer_it(stage: Stage) -> None:
    scene = await stage(line(speech=True), prompts=True)
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.says("Four two.")
    await phone.hears("has paid.")
    answers = [said.text for said in phone.heard() if said.text not in (PROMPT, LINE)]
    assert answers == ["Customer F o u r   t w o . has paid."]


async def test_a_key_of_the_keypad_does_what_the_flow_says(stage: Stage) -> None:
    flow = Callflow(
        number=NUMBER,
        greeting="Good morning, this is the order line, and I have a lot to tell you.",
        keypad={"0": Transfer("+18005550199", say="I will connect you.")},
    )
    scene = await stage(flow, prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1.5)
    await phone.presses("70")
    assert (await phone.ended()).transferred_to == "+18005550199"
    greeting, connecting = phone.heard()
    assert not greeting.complete
    assert connecting.text == "I will connect you."
    assert (await scene.record()).end == CallEnd(
        By.CALLER, Reason.TRANSFERRED, Then.NOTHING, "keypad"
    )


async def test_keys_are_not_heard_by_the_model(stage: Stage) -> None:
    scene = await stage(Callflow(number=NUMBER, silence=None, keypad={"9": HangUp()}))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    await phone.presses("12345678")
    await phone.waits(2)
    assert scene.voices.sessions[0].heard == []
    await phone.presses("9")
    await phone.ended()
