"""Questions that noise interrupts, answers that meet a question, and words nobody wrote down."""

import asyncio

from bridge import Call, Callflow, Ended
from bridge.lab.acs import Phone
from bridge.lab.speech import RATE_HZ, Studio, caller_mouth
from bridge.lab.voicelive import Happening, ScriptBrain, Thought, ToolCall
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

PROMPT = "Please enter your customer number, which is on your invoice."
FIND, LOOK = Thought(calls=(ToolCall("find", {}),)), Thought(calls=(ToolCall("look_up", {}),))


def line(*, speech: bool = False) -> Callflow:
    flow = Callflow(number=NUMBER, voice="en-US-AvaNeural", silence=None)

    @flow.tool(interim=None)
    async def find(call: Call) -> str:
        """Find a customer."""
        number = await call.digits(PROMPT, max_digits=4, speech=speech)
        return f"Customer {' '.join(number)} has paid."

    @flow.tool(interim=None)
    async def look_up() -> str:
        """Look up orders."""
        await asyncio.sleep(7)
        return "There are two orders."

    return flow


async def ask(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    await phone.says("Can you look for it?")
    return phone


async def test_a_question_that_a_cough_cut_short_is_heard_in_whole(stage: Stage) -> None:
    scene = await stage(line(speech=True), prompts=True, brain=ScriptBrain([FIND]))
    begun = asyncio.Event()

    def look(happening: Happening) -> None:
        if happening.text == PROMPT:
            begun.set()

    scene.voices.watch(look)
    phone = await ask(scene)
    await begun.wait()
    await phone.waits(0.4)
    cough = await Studio().speak("Ahem.", caller_mouth("fr-FR"))
    await phone.plays(cough, RATE_HZ)
    await phone.hears(PROMPT, within_s=10)
    await phone.hangs_up()


async def test_an_answer_that_comes_while_digits_are_awaited_is_not_lost(stage: Stage) -> None:
    scene = await stage(line(), prompts=True, brain=ScriptBrain([LOOK, FIND]))
    phone = await ask(scene)
    await phone.waits(1.5)
    await phone.says("And have I paid?")
    await phone.hears(PROMPT)
    await phone.waits(5)
    await phone.presses("1123")
    await phone.hears("has paid.")
    await phone.waits(6)
    await phone.hangs_up()
    heard = " ".join(said.text for said in phone.heard())
    assert "There are two orders." in heard


async def test_words_that_were_not_written_down_do_not_displace_the_next(stage: Stage) -> None:
    """The service may say that a transcription has failed."""
    flow = Callflow(number=NUMBER, voice="en-US-AvaNeural", silence=None)
    ends: list[Ended] = []

    @flow.on_end
    async def done(ended: Ended) -> None:
        ends.append(ended)

    fine, well = "I am fine.", "Very well."
    scene = await stage(flow, brain=ScriptBrain([Thought(say=fine), Thought(say=well)]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    (session,) = scene.voices.sessions
    where = {"item_id": "item_0", "event_id": "event_0"}
    await session.sends({"type": "input_audio_buffer.speech_started", "audio_start_ms": 1, **where})
    await session.sends({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 2, **where})
    failed = {"type": "conversation.item.input_audio_transcription.failed", "content_index": 0}
    error = {"type": "transcription_error", "code": "failed", "message": "It failed."}
    await session.sends({**failed, "error": error, **where})
    for question, answer in (("How are you?", fine), ("And how is it going?", well)):
        await phone.says(question)
        await phone.hears(answer)
    await phone.hangs_up()
    await scene.record()
    await asyncio.sleep(1)
    said = [said.text for said in ends[0].said]
    assert said == ["How are you?", fine, "And how is it going?", well]
