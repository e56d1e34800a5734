"""Digits, and all that may happen while a tool waits for them."""

import asyncio
from typing import Any

import pytest

from bridge import Call, Callflow
from bridge.lab.acs import Phone
from bridge.lab.speech import RATE_HZ, Studio, caller_mouth
from bridge.lab.voicelive import Happening, ScriptBrain, Thought, ToolCall
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

PROMPT = "Please enter your customer number."
QUESTION = "Can you find my account?"


def line(*, model: str | None = None, raw: Any = None, **asked: Any) -> Callflow:
    flow = Callflow(
        number=NUMBER, voice="en-US-AvaNeural", silence=None, model=model, raw=raw or {}
    )

    @flow.tool(timeout_ms=5_000)
    async def find_customer(call: Call) -> str:
        """Find the account of a customer."""
        number = await call.digits(PROMPT, **{"max_digits": 4, **asked})
        return f"Customer {' '.join(number)} has paid."

    return flow


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says(QUESTION)
    return phone


def texts(phone: Phone) -> list[str]:
    return [said.text for said in phone.heard()]


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-realtime"])
async def test_after_digits_in_words_the_next_question_is_answered(
    stage: Stage, model: str
) -> None:
    thoughts = [
        Thought(calls=(ToolCall("find_customer", {}),)),
        Thought(),
        Thought(say="I am fine."),
    ]
    scene = await stage(line(model=model, speech=True), prompts=True, brain=ScriptBrain(thoughts))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.says("Four two.")
    await phone.hears("has paid.")
    await phone.waits(1)
    await phone.says("How are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_a_cough_while_keys_are_pressed_costs_no_later_answer(stage: Stage) -> None:
    thoughts = [Thought(calls=(ToolCall("find_customer", {}),)), Thought(say="I am fine.")]
    scene = await stage(line(speech=True), prompts=True, brain=ScriptBrain(thoughts))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    cough = await Studio().speak("Ahem.", caller_mouth("fr-FR"))
    await phone.presses("11")
    coughing = asyncio.create_task(phone.plays(cough, RATE_HZ))
    await phone.waits(0.4)
    await phone.presses("23")
    await coughing
    await phone.hears("Customer 1 1 2 3 has paid.")
    await phone.waits(1)
    await phone.says("How are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_a_question_that_was_not_rendered_is_not_asked_after_the_answer(
    stage: Stage,
) -> None:
    """Who knows the line enters the number before it is asked for."""
    scene = await stage(line())
    called = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.kind == "tool_called":
            called.set()

    scene.voices.watch(look)
    phone = await ask(scene)
    await called.wait()
    await phone.waits(0.15)
    await phone.presses("1123")
    await phone.hears("has paid.")
    await phone.waits(4)
    await phone.hangs_up()
    assert PROMPT not in texts(phone), texts(phone)


async def test_a_question_that_was_being_asked_is_heard_again_in_another_session(
    stage: Stage,
) -> None:
    scene = await stage(line(total_ms=30_000))
    said = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.text == PROMPT:
            said.set()

    scene.voices.watch(look)
    phone = await ask(scene)
    await said.wait()
    await asyncio.sleep(0.12)
    await scene.voices.sessions[-1].drops()
    await phone.hears(PROMPT, within_s=12)
    await phone.presses("1123")
    await phone.hears("has paid.")
    await phone.hangs_up()


async def test_progress_of_another_tool_does_not_disturb_who_enters_digits(stage: Stage) -> None:
    flow = line()

    @flow.tool(interim=None)
    async def look_up(call: Call) -> str:
        """Look up orders."""
        await asyncio.sleep(4)
        await call.progress("I have found two orders.")
        await asyncio.sleep(8)
        return "Two orders."

    calls = (ToolCall("find_customer", {}), ToolCall("look_up", {}))
    scene = await stage(flow, prompts=True, brain=ScriptBrain([Thought(calls=calls)]))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.waits(0.2)
    await phone.presses("11")
    await phone.waits(2)
    await phone.presses("23")
    pressed_ms = phone.line_ms - 500
    await phone.hears("has paid.", within_s=20)
    await phone.hangs_up()
    said = [heard for heard in phone.heard() if heard.text == "I have found two orders."]
    assert all(heard.start_ms > pressed_ms for heard in said), "in the middle of the number"


async def test_no_line_comes_between_the_digits_and_the_answer(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.waits(6)
    await phone.presses("1123")
    await phone.hears("has paid.")
    await phone.hangs_up()
    assert texts(phone) == [PROMPT, "Customer 1 1 2 3 has paid."]


async def test_two_tools_ask_one_after_the_other(stage: Stage) -> None:
    flow = line()

    @flow.tool(interim=None)
    async def check_pin(call: Call) -> str:
        """Check a pin."""
        pin = await call.digits("Please enter your pin.", max_digits=2, secret=True)
        return f"The pin has {len(pin)} digits."

    calls = (ToolCall("find_customer", {}), ToolCall("check_pin", {}))
    scene = await stage(flow, prompts=True, brain=ScriptBrain([Thought(calls=calls)]))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.presses("1123")
    await phone.hears("Please enter your pin.")
    await phone.presses("99")
    await phone.hears("Customer 1 1 2 3 has paid. The pin has 2 digits.")
    await phone.hangs_up()


async def test_a_tool_that_asks_twice_at_once_leaves_nobody_deaf(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, voice="en-US-AvaNeural", silence=None)

    @flow.tool(interim=None)
    async def find_customer(call: Call) -> str:
        """Find the account of a customer."""
        both = await asyncio.gather(
            call.digits(PROMPT, max_digits=4), call.digits("And your pin.", max_digits=4)
        )
        return " ".join(both)

    thoughts = [Thought(calls=(ToolCall("find_customer", {}),)), Thought(say="I am fine.")]
    scene = await stage(flow, prompts=True, brain=ScriptBrain(thoughts))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.presses("1123")
    await phone.hears("And your pin.")
    await phone.presses("4711")
    await phone.hears("1123 4711")
    await phone.waits(2)
    await phone.says("How are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_a_tool_may_bound_its_own_patience(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, voice="en-US-AvaNeural", silence=None)

    @flow.tool(interim=None)
    async def find_customer(call: Call) -> str:
        """Find the account of a customer."""
        try:
            return await asyncio.wait_for(call.digits(PROMPT, max_digits=4), 6)
        except TimeoutError:
            return "No number came."

    thoughts = [Thought(calls=(ToolCall("find_customer", {}),)), Thought(say="I am fine.")]
    scene = await stage(flow, prompts=True, brain=ScriptBrain(thoughts))
    phone = await ask(scene)
    await phone.hears("No number came.")
    await phone.says("How are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_keys_count_where_words_are_never_understood(stage: Stage) -> None:
    """No transcript comes of what the caller said: it failed, or the session makes none."""
    flow = line(speech=True, raw={"input_audio_transcription": None})
    thoughts = [Thought(calls=(ToolCall("find_customer", {}),))]
    scene = await stage(flow, prompts=True, brain=ScriptBrain(thoughts))
    phone = await ask(scene)
    await phone.hears(PROMPT)
    await phone.says("Hm.")
    await phone.waits(40)
    await phone.presses("4242")
    await phone.hears("Customer 4 2 4 2 has paid.", within_s=10)
    await phone.hangs_up()
