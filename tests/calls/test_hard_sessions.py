"""One session after another, in the middle of things; and calls that the line places."""

import asyncio
from typing import Any

import pytest

from bridge import Callflow, Ended, Say, StaticInterim, Transfer, Trigger
from bridge.call.ends import By
from bridge.flow.digits import Secret
from bridge.lab.acs import Answers, Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.speech import RATE_HZ, Studio, caller_mouth
from bridge.lab.voicelive import Happening, ScriptBrain, Switches, Thought
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
JANE = "+14255550123"


async def call(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    return phone


def texts(phone: Phone) -> list[str]:
    return [said.text for said in phone.heard()]


async def test_an_answer_of_another_session_is_no_line_of_ours(stage: Stage) -> None:
    """Ids of requests begin anew with each session: that of a line may be that of an answer."""
    interim = StaticInterim(
        texts=("I am looking.",),
        triggers=(Trigger.TOOL,),
        latency_threshold_ms=300,
        delivery="bridge",
        then=(Say("Still looking.", after_ms=2_000, every_ms=2_000, times=7),),
    )
    flow = Callflow(
        number=NUMBER, greeting=GREETING, voice="en-US-AvaNeural", silence=None, interim=interim
    )
    ends: list[Ended] = []

    @flow.on_end
    async def done(ended: Ended) -> None:
        ends.append(ended)

    @flow.tool(timeout_ms=60_000)
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(20)
        return "It is on its way."

    scene = await stage(flow)
    phone = await call(scene)
    await phone.says("Where is my order?")
    await phone.waits(17)
    await scene.voices.sessions[-1].drops()
    await phone.hears("It is on its way.")
    await phone.waits(7)
    await phone.hangs_up()
    await scene.record()
    await asyncio.sleep(1)
    assert "One moment, please." not in texts(phone), "the caller has been answered"
    by = [line.by for line in ends[0].said if line.text == "It is on its way."]
    assert by == ["agent"]


async def test_a_cough_on_answering_costs_no_later_answer(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    scene = await stage(flow, prompts=True, brain=ScriptBrain([Thought(say="I am fine.")]))
    scene.acs.callees[JANE] = Answers(after_s=2)
    await scene.app[SWITCHBOARD].place("line", JANE)
    phone = await scene.acs.callee(JANE)
    cough = await Studio().speak("Ahem.", caller_mouth("fr-FR"))
    await phone.answered()
    await phone.waits(0.5)
    await phone.plays(cough, RATE_HZ)
    await phone.hears(GREETING)
    await phone.waits(1)
    await phone.says("How are you?")
    await phone.hears("I am fine.", within_s=10)
    await phone.hangs_up()


async def test_a_person_whose_hello_meets_a_lost_session_is_no_machine(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    scene = await stage(flow, prompts=True)
    scene.acs.callees[JANE] = Answers(after_s=2)
    began = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.kind == "speech_started":
            began.set()

    scene.voices.watch(look)
    await scene.app[SWITCHBOARD].place("line", JANE)
    phone = await scene.acs.callee(JANE)
    saying = asyncio.create_task(phone.says("Hello?"))
    await began.wait()
    scene.voices.switches = Switches(handshake_s=4.9)
    await scene.voices.sessions[-1].drops()
    await saying
    await phone.hears(GREETING, within_s=20)
    await phone.hangs_up()


async def test_an_answer_that_nobody_heard_is_not_told_of(stage: Stage) -> None:
    """A key while the model thinks silences what it is about to say."""
    answer = "Your order left our warehouse on Friday."
    flow = Callflow(
        number=NUMBER,
        greeting=GREETING,
        silence=None,
        keypad={"0": Transfer("+18005550199", say="I will connect you.")},
    )
    said: list[Any] = []

    @flow.on_end
    async def done(ended: Ended) -> None:
        said.extend((line.text, line.heard) for line in ended.said)

    busy = AcsSwitches(transfer_result=(486, 560486))
    scene = await stage(
        flow, prompts=True, acs_switches=busy, brain=ScriptBrain([Thought(say=answer)])
    )
    heard = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.kind == "caller_said":
            heard.set()

    scene.voices.watch(look)
    phone = await call(scene)
    saying = asyncio.create_task(phone.says("Where is my order?"))
    await heard.wait()
    await phone.waits(0.3)
    await phone.presses("0")
    await saying
    await phone.waits(9)
    await phone.hangs_up()
    await scene.record()
    await asyncio.sleep(1)
    assert answer not in texts(phone)
    assert (answer, None) not in said, said
    assert answer not in str(scene.voices.sessions[0].items)


def test_a_card_number_in_groups_is_cut_out_as_well() -> None:
    secret = Secret(bytearray(b"4242424242424242"))
    assert "4242" not in secret.hidden_in("Charged to 4242 4242 4242 4242.")
    assert "4242" not in secret.hidden_in("Charged to 4242-4242-4242-4242.")


@pytest.mark.parametrize("at_s", [0.5, 1.0, 2.0, 3.5, 5.0])
@pytest.mark.parametrize("what", ["renewal", "refresh"])
async def test_who_hangs_up_while_sessions_change_leaves_nothing(
    stage: Stage, what: str, at_s: float
) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    switches = Switches(session_s=30) if what == "refresh" else Switches()
    scene = await stage(flow, prompts=True, voice_switches=switches)
    phone = await call(scene)
    scene.voices.switches = Switches(handshake_s=4)
    if what == "refresh":
        await phone.waits(12)
    else:
        await scene.voices.sessions[-1].drops()
    await phone.waits(at_s)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER
