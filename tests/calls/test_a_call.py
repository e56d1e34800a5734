"""A call from ring to hang-up, by what the caller hears."""

import asyncio
from typing import Annotated

import pytest

from bridge import Callflow, HangUp, LlmInterim, StaticInterim, Transfer, Trigger
from bridge.call.ends import By, CallEnd, Reason
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.service.flows import load_flows
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
INTERIM = "One moment, I am looking."


def order_line(**changes: object) -> Callflow:
    settings = {
        "number": NUMBER,
        "greeting": GREETING,
        "voice": "en-US-AvaNeural",
        "interim": StaticInterim(
            texts=(INTERIM,), triggers=(Trigger.TOOL,), latency_threshold_ms=300
        ),
    }
    flow = Callflow(**{**settings, **changes})  # type: ignore[arg-type]

    @flow.tool
    async def order_status(order_number: Annotated[str, "Four digits"]) -> str:
        """Look up where an order is."""
        await asyncio.sleep(4)
        return f"Order {' '.join(order_number)} is on its way."

    return flow


async def test_greeting_interim_and_answer_are_heard_in_this_order(stage: Stage) -> None:
    scene = await stage(order_line())
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.hears(GREETING)
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way")
    await phone.hangs_up()
    assert (await phone.ended()).by == "caller"

    heard = phone.heard()
    assert [line.text for line in heard] == [GREETING, INTERIM, "Order 4 2 7 1 is on its way."]
    assert all(line.complete for line in heard)
    (session,) = scene.voices.sessions
    assert session.heard == ["Where is order four two seven one?"]
    assert phone.complaints == []
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == (By.CALLER, Reason.HUNG_UP)
    assert (record.interim, record.caller_turns, record.barge_ins) == ("service", 1, 0)
    assert [(use.name, use.took_ms, use.outcome) for use in record.tools] == [
        ("order_status", 4000, "ok")
    ]
    await session.ended()


@pytest.mark.parametrize("shape", ["separate", "same_response", "held_done"])
@pytest.mark.parametrize("blocks", [True, False])
async def test_the_answer_follows_under_every_shape_of_the_interim_line(
    stage: Stage, shape: str, *, blocks: bool
) -> None:
    switches = VoiceSwitches(interim_shape=shape, interim_active_blocks_create=blocks)  # type: ignore[arg-type]
    scene = await stage(order_line(), voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way")
    heard = [line.text for line in phone.heard()]
    assert heard == [GREETING, INTERIM, "Order 4 2 7 1 is on its way."]
    assert all(line.complete for line in phone.heard())


@pytest.mark.parametrize("silently", [True, False])
async def test_refused_interim_responses_cost_the_call_nothing_else(
    stage: Stage, *, silently: bool
) -> None:
    switches = VoiceSwitches(interim_echo=False) if silently else VoiceSwitches(refuse_interim=True)
    scene = await stage(order_line(), voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way")
    await phone.hangs_up()
    await phone.ended()
    (session,) = scene.voices.sessions
    assert session.configured["tools"][0]["name"] == "order_status"
    assert (await scene.record()).interim == "refused"


async def test_the_session_is_set_up_in_one_update(stage: Stage) -> None:
    scene = await stage(order_line())
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    (session,) = scene.voices.sessions
    assert [event["type"] for event in session.received] == ["session.update", "response.create"]
    assert session.configured["interim_response"]["texts"] == [INTERIM]


@pytest.mark.parametrize("name", ["order_status", "billing_de", "clinic"])
async def test_every_flow_of_the_product_greets_and_answers(stage: Stage, name: str) -> None:
    flow = load_flows("callflows").named(name)
    scene = await stage(flow, voice_switches=VoiceSwitches(agent_tool_s=3))
    scene.open_line(flow)
    phone = await scene.acs.dial(flow.number, language=flow.language)
    assert flow.greeting
    await phone.hears(flow.greeting)
    lines = {
        "order_status": ("Where is order one one three eight?", "waiting for the second parcel"),
        "billing_de": ("Was ist mit der Rechnung zu fünf fünf null acht?", "84 Euro"),
        "clinic": ("Is there an appointment on Monday?", ""),
    }
    question, answer = lines[name]
    await phone.says(question)
    await phone.hears(answer, within_s=30)
    await phone.pauses(3000)
    (session,) = scene.voices.sessions
    assert session.heard == [question]
    interim = {*getattr(flow.interim, "texts", ()), *VoiceSwitches().llm_interim_texts}
    assert interim & {line.text for line in phone.heard()}, "the wait was covered"


async def test_a_realtime_model_with_its_own_voice_greets_and_answers(stage: Stage) -> None:
    scene = await stage(order_line(model="gpt-realtime", voice="marin", interim=None))
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way")


async def test_a_line_made_by_a_model_covers_the_wait(stage: Stage) -> None:
    interim = LlmInterim(triggers=(Trigger.TOOL,), latency_threshold_ms=300)
    made_up = "Hold on, I am asking the warehouse."
    scene = await stage(
        order_line(interim=interim), voice_switches=VoiceSwitches(llm_interim_texts=(made_up,))
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Where is order four two seven one?")
    await phone.hears(made_up)
    await phone.hears("is on its way")


async def test_without_a_greeting_the_agent_waits_for_the_caller(stage: Stage) -> None:
    scene = await stage(order_line(greeting=None))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    assert phone.received_frames == 0
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way")


async def test_the_caller_is_heard_while_the_agents_side_is_still_connecting(stage: Stage) -> None:
    scene = await stage(order_line(), voice_switches=VoiceSwitches(handshake_s=4.0))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says("Where is order four two seven one?")
    await phone.hears("is on its way", within_s=30)


async def test_two_calls_do_not_hear_each_other(stage: Stage) -> None:
    scene = await stage(order_line())
    first, second = await scene.acs.dial(NUMBER), await scene.acs.dial(NUMBER)
    await asyncio.gather(first.hears(GREETING), second.hears(GREETING))
    await first.says("Where is order four two seven one?")
    await second.says("Where is order one one three eight?")
    await asyncio.gather(first.hears("4 2 7 1"), second.hears("1 1 3 8"))
    assert "1 1 3 8" not in str(first.heard())
    assert "4 2 7 1" not in str(second.heard())


async def test_a_tool_can_hang_up_after_the_last_word(stage: Stage) -> None:
    flow = order_line()

    @flow.tool
    async def say_goodbye() -> HangUp:
        """End the call when the caller says goodbye."""
        return HangUp(say="Thank you for calling. Goodbye.")

    scene = await stage(flow)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("Thank you, goodbye.")
    end = await phone.ended()
    assert end.by == "bridge"
    last = phone.heard()[-1]
    assert (last.text, last.complete) == ("Thank you for calling. Goodbye.", True)
    assert (await scene.record()).end == CallEnd(By.AGENT, Reason.HUNG_UP)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_tool_can_transfer_and_a_failed_transfer_is_taken_back(
    stage: Stage, *, fails: bool
) -> None:
    flow = order_line()

    @flow.tool
    async def speak_to_a_person() -> Transfer:
        """Connect the caller to a person."""
        return Transfer("+18005550199", say="I will connect you.")

    switches = AcsSwitches(transfer_result=(486, 560486)) if fails else AcsSwitches()
    scene = await stage(flow, acs_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.says("I want to speak to a person.")
    await phone.hears("I will connect you.")
    if fails:
        await phone.hears("busy", within_s=60)
        await phone.hangs_up()
    end = await phone.ended()
    assert end.by == ("caller" if fails else "transfer")
    verdict = (await scene.record()).end
    assert verdict
    assert verdict.reason is (Reason.HUNG_UP if fails else Reason.TRANSFERRED)
