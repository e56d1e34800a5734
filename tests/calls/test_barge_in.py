"""A caller who speaks up is let through: silence at once, and the model knows what was heard."""

import asyncio

from bridge import Callflow, StaticInterim, Trigger
from bridge.lab.voicelive import Switches as VoiceSwitches
from tests.calls.conftest import NUMBER, Stage

GREETING = (
    "Good morning, this is the order line. Please note that our warehouse is closed on Sundays, "
    "and that parcels sent on Friday arrive on Monday."
)
QUESTION = "Where is my order?"
INTERIM = "One moment please, I am looking that up for you in our system."


def line() -> Callflow:
    flow = Callflow(
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
