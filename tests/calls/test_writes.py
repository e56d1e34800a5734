"""A write happens once, whatever the caller and the model do meanwhile."""

import random

import pytest

from bridge import Trigger
from bridge.lab.voicelive import ScriptBrain, Thought
from tests.calls.conftest import NUMBER, Stage
from tests.calls.test_tool_contracts import BOOK, BOOK_AGAIN, BOOKED, Back, hung_up, line
from tests.calls.test_tools import SAY, outputs
from tests.calls.waiting import SHAPES, static


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-realtime"])
@pytest.mark.parametrize("seed", range(10))
async def test_a_write_happens_once_however_often_the_caller_interrupts(
    stage: Stage, seed: int, model: str
) -> None:
    dice, back = random.Random(seed), Back()  # noqa: S311 - when the caller speaks
    interim = static(Trigger.TOOL, "service")
    flow = line(back, model=model, effect="write", interim=interim)
    shape = SHAPES[list(SHAPES)[seed % len(SHAPES)]]
    brain = ScriptBrain([BOOK, *[BOOK_AGAIN] * 3])
    scene = await stage(flow, brain=brain, voice_switches=shape)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    for _ in range(dice.randint(1, 2)):
        await phone.waits(dice.uniform(0.2, 2.0))
        await phone.says("Okay.")
    await phone.hears(BOOKED)
    await phone.pauses(3000)
    _, outcomes = await hung_up(phone, scene)
    assert back.began == 1
    assert outcomes[0] == "ok"
    assert set(outcomes[1:]) <= {"joined"}
    assert set(outputs(scene.voices.sessions[0])) == {BOOKED}


@pytest.mark.parametrize("later_s", [0.0, 0.2, 0.4, 0.6, 0.8])
async def test_a_caller_who_has_not_been_told_yet_orders_nothing_again(
    stage: Stage, later_s: float
) -> None:
    back = Back()
    long = "That is done for you. Is there anything else that I may help you with, today or later?"
    brain = ScriptBrain([BOOK, BOOK_AGAIN], answers=[Thought(say=long)])
    scene = await stage(line(back, effect="write"), brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await back.ended.wait()
    await phone.waits(later_s)
    await phone.says("Okay.")
    await phone.hears(BOOKED)
    _, outcomes = await hung_up(phone, scene)
    assert (outcomes, back.began) == (["ok", "joined"], 1)


@pytest.mark.parametrize("pause_s", [1.0, 2.3])
async def test_calls_that_joined_a_write_are_answered_together(
    stage: Stage, pause_s: float
) -> None:
    back = Back(takes_s=5)
    scene = await stage(line(back, effect="write"), brain=ScriptBrain([BOOK, BOOK_AGAIN]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.waits(pause_s)
    await phone.says("Okay.")
    await phone.hears(BOOKED)
    await phone.pauses(5000)
    _, outcomes = await hung_up(phone, scene)
    assert outcomes == ["ok", "joined"]
    (session,) = scene.voices.sessions
    assert outputs(session) == [BOOKED, BOOKED]
    assert [event["type"] for event in session.received].count("response.create") == 1


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-realtime"])
async def test_a_caller_who_was_told_may_order_the_same_again(stage: Stage, model: str) -> None:
    back = Back()
    flow = line(back, model=model, effect="write")
    scene = await stage(flow, brain=ScriptBrain([BOOK, BOOK]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    for _ in range(2):
        await phone.says(SAY)
        await phone.hears(BOOKED)
    _, outcomes = await hung_up(phone, scene)
    assert outcomes == ["ok", "ok"]
    assert back.began == 2


async def test_a_model_that_repeats_itself_writes_once(stage: Stage) -> None:
    back = Back()
    brain = ScriptBrain([BOOK], answers=[BOOK_AGAIN, Thought(say=BOOKED)])
    scene = await stage(line(back, effect="write"), brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.hears(BOOKED)
    _, outcomes = await hung_up(phone, scene)
    assert (outcomes, back.began) == (["ok", "joined"], 1)
