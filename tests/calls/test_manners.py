"""Recording, time limits, sessions that expire, media that breaks, and coughs."""

import asyncio
from typing import Any

import numpy as np
import pytest

from bridge import Callflow, Limits, Recording
from bridge.call.ends import By, CallEnd, Reason
from bridge.lab.acs import Fault, Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.speech import RATE_HZ, Studio, caller_mouth
from bridge.lab.voicelive import ScriptBrain, Thought
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
CONSENT = "This call is recorded."
LONG = "Your order left our warehouse on Friday, and it will be with you on Monday morning."


async def call(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    return phone


def line(**more: Any) -> Callflow:
    return Callflow(number=NUMBER, greeting=GREETING, silence=None, **more)


@pytest.mark.parametrize("prompts", [True, False], ids=["rendered", "spoken by Voice Live"])
async def test_recording_begins_when_the_consent_was_heard(
    stage: Stage, studio: Studio, *, prompts: bool
) -> None:
    flow = line(recording=Recording(consent=CONSENT))
    scene = await stage(flow, prompts=prompts, studio=studio)
    phone = await call(scene)
    await phone.says("Hello there.")
    await phone.hears("no answer to that")
    await phone.hangs_up()
    assert [said.text for said in phone.heard()][:2] == [CONSENT, GREETING]
    recorded = studio.hear(bytes(phone.recording), phone.rate_hz)
    assert CONSENT not in [said.text for said in recorded]
    assert "Hello there." in [said.text for said in recorded]


async def test_a_recording_that_does_not_start_costs_no_call(stage: Stage) -> None:
    scene = await stage(
        line(recording=Recording(consent=CONSENT)),
        acs_switches=AcsSwitches(recording_failure=(403, 8553)),
        prompts=True,
    )
    phone = await call(scene)
    await phone.says("Hello there.")
    await phone.hears("no answer to that")
    await phone.hangs_up()


async def test_the_caller_is_told_a_minute_before_the_line_hangs_up(stage: Stage) -> None:
    notice = "We have one minute left."
    scene = await stage(line(limits=Limits(longest_s=100, notice=notice)), prompts=True)
    phone = await call(scene)
    await phone.hears(notice, within_s=60)
    assert phone.heard()[-1].start_ms == pytest.approx(40_000, abs=300)
    await phone.ended()
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.TIME_LIMIT)
    assert phone.line_ms == pytest.approx(100_000, abs=500)


async def test_after_so_many_tool_calls_the_model_is_told_that_it_is_enough(stage: Stage) -> None:
    flow = line(limits=Limits(most_tool_calls=1))

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        return "It is on its way."

    scene = await stage(flow, prompts=True)
    phone = await call(scene)
    await phone.says("Where is my order?")
    await phone.hears("It is on its way.")
    await phone.says("And where is my other order?")
    await phone.hears("Nothing more can be done in this call.")
    await phone.hangs_up()
    assert [use.outcome for use in (await scene.record()).tools] == ["ok", "declined"]


async def test_a_session_that_expires_is_replaced_unheard(stage: Stage) -> None:
    scene = await stage(
        line(),
        voice_switches=VoiceSwitches(session_s=400),
        brain=ScriptBrain([Thought(say="I am fine.")] * 9),
    )
    phone = await call(scene)
    await phone.says("How are you?")
    await phone.hears("I am fine.")
    await phone.waits(330)
    await phone.says("And now?")
    await phone.hears("I am fine.")
    await phone.waits(120)
    await phone.says("Still there?")
    await phone.hears("I am fine.")
    heard = [said.text for said in phone.heard()]
    assert heard == [GREETING, "I am fine.", "I am fine.", "I am fine."]
    await phone.hangs_up()
    record = await scene.record()
    assert (record.refreshes, record.reconnects) == (1, 0)
    first, second = scene.voices.sessions
    assert first.heard == ["How are you?"]
    assert "How are you?" in str(second.items)
    assert GREETING in str(second.items)


async def test_a_caller_who_never_pauses_keeps_the_session_to_its_end(stage: Stage) -> None:
    scene = await stage(line(), voice_switches=VoiceSwitches(session_s=60))
    phone = await call(scene)
    noise = (np.sin(np.arange(RATE_HZ * 80) * 0.4) * 8_000).astype("<i2").tobytes()
    talking = asyncio.create_task(phone.plays(noise, RATE_HZ))
    await phone.waits(70)
    talking.cancel()
    await phone.hangs_up()
    record = await scene.record()
    assert (record.refreshes, record.reconnects) == (0, 1), "expired, and renewed as if lost"


async def test_media_that_breaks_is_opened_again_and_the_talk_goes_on(stage: Stage) -> None:
    scene = await stage(line())
    phone = await call(scene)
    await phone.drops_media()
    await phone.waits(2)
    await phone.says("Are you still there?")
    await phone.hears("no answer to that")
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER


async def test_hanging_up_a_call_that_is_over_is_no_error(stage: Stage) -> None:
    scene = await stage(
        line(limits=Limits(longest_s=20)),
        acs_switches=AcsSwitches(hang_up_error=Fault(404, "8522", times=9)),
    )
    phone = await call(scene)
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.TIME_LIMIT)
    await phone.hangs_up()


@pytest.mark.parametrize("words", [True, False], ids=["with times of words", "without"])
async def test_after_a_cough_the_agent_goes_on_with_the_next_word(
    stage: Stage, *, words: bool
) -> None:
    raw = {"output_audio_timestamp_types": ["word"]} if words else {}
    scene = await stage(
        line(voice="en-US-AvaNeural", raw=raw), brain=ScriptBrain([Thought(say=LONG)])
    )
    phone = await call(scene)
    await phone.says("Where is my order?")
    while phone.line_ms - phone.said[0].end_ms < 3_500:
        await phone.waits(0.1)
    cough = await Studio().speak("Ahem.", caller_mouth("fr-FR"))
    await phone.plays(cough, RATE_HZ)
    await phone.waits(8)
    await phone.hangs_up()
    record = await scene.record()
    assert record.barge_ins == 1
    assert record.resumed == (1 if words else 0)
    sounds_until_ms = np.flatnonzero(np.frombuffer(phone.agent, "<i2"))[-1] * 1000 / phone.rate_hz
    assert (sounds_until_ms - phone.stops[0] > 1_000) == words
    (session,) = scene.voices.sessions
    told = " ".join(str(item) for item in session.items if item.get("role") == "assistant")
    assert ("Monday morning" in told) == words, "the model knows that it was said"
