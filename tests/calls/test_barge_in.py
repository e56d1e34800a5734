"""A caller who speaks up is let through: silence at once, and the model knows what was heard."""

import asyncio
import random
from typing import Any

import numpy as np
import pytest

from bridge import Callflow, StaticInterim, Trigger
from bridge.audio.pcm import duration_ms
from bridge.lab.voicelive import Switches as VoiceSwitches
from tests.calls.conftest import NUMBER, Stage

GREETING = (
    "Good morning, this is the order line. Please note that our warehouse is closed on Sundays, "
    "and that parcels sent on Friday arrive on Monday."
)
QUESTION = "Where is my order?"
INTERIM = "One moment please, I am looking that up for you in our system."


def line(**more: Any) -> Callflow:
    flow = Callflow(
        **more,
        number=NUMBER,
        greeting=GREETING,
        voice="en-US-AvaNeural",
        interim=StaticInterim(texts=(INTERIM,), triggers=(Trigger.TOOL,), latency_threshold_ms=300),
    )

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(6)
        return "Your order is on its way."

    return flow


async def test_the_agent_falls_silent_and_the_model_learns_what_was_heard(stage: Stage) -> None:
    scene = await stage(line())
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says(QUESTION)
    await phone.hears("on its way")
    await phone.hangs_up()
    record = await scene.record()

    greeting = phone.heard()[0]
    assert (greeting.text, greeting.complete) == (GREETING, False)
    assert len(phone.stops) == 1
    (session,) = scene.voices.sessions
    (cut,) = [e for e in session.received if e["type"] == "conversation.item.truncate"]
    heard_ms = greeting.end_ms - greeting.start_ms
    assert abs(cut["audio_end_ms"] - heard_ms) <= 150
    spoken = next(spoken for spoken in session.spoken if spoken.text == GREETING)
    assert cut["item_id"] == spoken.item_id
    assert record.barge_ins == 1


async def test_an_interrupted_interim_line_stops_and_its_tool_goes_on(stage: Stage) -> None:
    scene = await stage(line())
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says(QUESTION)
    await phone.waits(3)
    await phone.says("Hello?")
    await phone.hears("on its way", within_s=30)
    interim = next(heard for heard in phone.heard() if heard.text == INTERIM)
    assert not interim.complete
    await phone.hangs_up()
    record = await scene.record()
    assert record.tools[0].outcome == "ok"
    assert record.barge_ins == 2


async def test_late_sound_of_an_interrupted_response_is_not_played(stage: Stage) -> None:
    scene = await stage(
        line(), voice_switches=VoiceSwitches(delta_factor=1.1, late_delta_after_cancel=True)
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says(QUESTION)
    await phone.hears("on its way", within_s=30)
    (session,) = scene.voices.sessions
    assert [heard.text for heard in phone.heard()].count(GREETING) == 1
    assert GREETING.startswith(session.spoken[0].text), "cancelled while it was being made"


async def test_speech_into_silence_interrupts_nothing(stage: Stage) -> None:
    scene = await stage(line())
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.waits(2)
    await phone.says(QUESTION)
    await phone.hears("on its way")
    assert phone.stops == []
    (session,) = scene.voices.sessions
    assert not [e for e in session.received if e["type"] == "conversation.item.truncate"]


@pytest.mark.parametrize("interrupts", [True, False])
async def test_a_service_that_does_not_end_its_responses_is_told_to(
    stage: Stage, *, interrupts: bool
) -> None:
    detection = {"type": "azure_semantic_vad", "interrupt_response": interrupts}
    switches = VoiceSwitches(delta_factor=1.1)
    flow = line(raw={"turn_detection": {**detection, "create_response": True}})
    scene = await stage(flow, voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says(QUESTION)
    await phone.hears("on its way", within_s=30)
    (session,) = scene.voices.sessions
    sent = [event["type"] for event in session.received]
    assert sent.count("response.cancel") == (0 if interrupts else 1)
    assert sent.count("conversation.item.truncate") == 1
    greeting = phone.heard()[0]
    assert (greeting.text, greeting.complete) == (GREETING, False)


@pytest.mark.parametrize("seed", range(12))
async def test_the_model_is_told_to_the_frame_what_was_heard(stage: Stage, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - when the caller speaks, and how fast the service is
    switches = VoiceSwitches(delta_factor=dice.uniform(1.2, 17), delta_ms=dice.choice((100, 400)))
    scene = await stage(line(), voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(dice.uniform(0.3, 6.5))
    await phone.says(QUESTION)
    await phone.hears("on its way", within_s=30)
    (session,) = scene.voices.sessions
    greeting = next(spoken for spoken in session.spoken if GREETING.startswith(spoken.text))
    heard, spoken = (np.frombuffer(bytes(pcm), "<i2") for pcm in (phone.agent, greeting.pcm))
    begins_ms = (np.flatnonzero(heard)[0] - np.flatnonzero(spoken)[0]) / (phone.rate_hz / 1000)
    (cut,) = [e for e in session.received if e["type"] == "conversation.item.truncate"]
    truth_ms = min(phone.stops[0] - begins_ms, duration_ms(greeting.pcm, phone.rate_hz))
    print(f"heard clock off by {cut['audio_end_ms'] - truth_ms:.1f} ms")  # noqa: T201
    assert cut["audio_end_ms"] == pytest.approx(truth_ms, abs=30)
    assert cut["audio_end_ms"] <= duration_ms(greeting.pcm, phone.rate_hz)


@pytest.mark.parametrize("ends_s", [3.4, 3.8, 4.2])
async def test_a_tool_that_ends_while_the_caller_speaks_does_not_talk_over_them(
    stage: Stage, ends_s: float
) -> None:
    flow = Callflow(number=NUMBER, voice="en-US-AvaNeural")

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(ends_s)
        return "Your order is on its way."

    scene = await stage(flow)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(QUESTION)
    await phone.waits(3)
    await phone.says("Hello? Are you still there, or have you gone away for good by now?")
    await phone.hears("on its way", within_s=30)
    await phone.waits(5)
    (answer,) = phone.heard()
    assert answer.complete
    assert answer.start_ms > phone.said[-1].end_ms
