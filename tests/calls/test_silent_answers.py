"""An answer that claims to be speech and holds none: the caller is answered all the same."""

import base64
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bridge import Callflow, HangUp, Trigger
from bridge.audio.pcm import duration_ms
from bridge.call.ends import By, CallEnd, Reason
from bridge.call.record import WaitEnd
from bridge.lab.acs import Phone
from bridge.lab.speech import Mouth, Studio
from bridge.lab.voicelive import ScriptBrain, Session, Thought, ToolCall
from bridge.lab.voicelive import Switches as VoiceSwitches
from tests.calls.conftest import NUMBER, Stage
from tests.calls.waiting import (
    ANSWER,
    LINE,
    QUESTION,
    SHAPES,
    THRESHOLD_MS,
    Clock,
    ask,
    lines,
    look_up,
    static,
)

LOOKS_IT_UP = Thought(calls=(ToolCall("order_status", {}),))
SAYS_IT = Thought(say=ANSWER)
LONG = "Your order left our warehouse on Friday, and it will be with you on Monday morning."
SILENT_ONCE = VoiceSwitches(near_silent=1)


class Voiceless(Studio):
    """A studio that renders some lines without a sound."""

    def __init__(self, *mute: str) -> None:
        super().__init__()
        self._mute = mute

    async def speak(self, text: str, mouth: Mouth) -> bytes:
        pcm = await super().speak(text, mouth)
        return bytes(len(pcm)) if text in self._mute else pcm


def asked(session: Session) -> int:
    """How often we asked for a response."""
    return [event["type"] for event in session.received].count("response.create")


async def all_that_is_heard(phone: Phone) -> list[str]:
    """The lines that the caller has heard once nothing more can come."""
    await phone.waits(15)
    return [line.text for line in lines(phone)]


@pytest.mark.parametrize("delivery", ["service", "bridge"])
@pytest.mark.parametrize("shape", list(SHAPES))
async def test_the_caller_is_answered_after_a_silent_answer(
    stage: Stage, delivery: str, shape: str
) -> None:
    scene = await stage(
        look_up(static(Trigger.TOOL, delivery), takes_s=3),
        voice_switches=replace(SHAPES[shape], near_silent=1),
        brain=ScriptBrain([LOOKS_IT_UP, SAYS_IT]),
        prompts=True,
    )
    with capture_logs() as logs:
        phone = await ask(scene)
        await phone.hears(ANSWER)
    assert [line.text for line in lines(phone)] == [LINE, ANSWER]
    await phone.hangs_up()
    assert (await scene.record()).silent_answers == 1
    (session,) = scene.voices.sessions
    assert str(session.items).count(ANSWER) == 2, "the tool's output, and what was heard"
    assert asked(session) == 2
    assert [line["again"] for line in logs if line["event"] == "answer.silent"] == [False]


async def test_silence_does_not_delay_the_answer_that_comes_in_its_place(stage: Stage) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None),
        voice_switches=SILENT_ONCE,
        brain=ScriptBrain([Thought(say=LONG), Thought(say=LONG)]),
    )
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(LONG)
    (answer,) = lines(phone)
    (session,) = scene.voices.sessions
    silent, audible = session.spoken
    lasts_ms = duration_ms(silent.pcm, 24_000)
    late_ms = answer.start_ms - clock.ms(phone, "agent_said")
    print(f"{late_ms:.0f} ms after a silence of {lasts_ms:.0f} ms had begun to come")  # noqa: T201
    assert answer.start_ms - clock.ms(phone, "agent_said", 1) <= 60
    assert late_ms <= lasts_ms / 8 + 600
    assert audible.text == LONG


async def test_a_wait_goes_on_through_a_silent_answer(stage: Stage) -> None:
    scene = await stage(
        look_up(static(Trigger.TOOL, "bridge"), takes_s=0.3),
        voice_switches=SILENT_ONCE,
        brain=ScriptBrain([LOOKS_IT_UP, SAYS_IT]),
        prompts=True,
    )
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    first, _ = lines(phone)
    assert first.text == LINE
    assert abs(first.start_ms - clock.ms(phone, "tool_called") - THRESHOLD_MS) <= 150
    await phone.hangs_up()
    (wait,) = (await scene.record()).waits
    assert (wait.end, wait.lines) == (WaitEnd.ANSWERED, 1)


@pytest.mark.parametrize(
    "fault",
    [
        VoiceSwitches(near_silent=2),
        VoiceSwitches(empty_answers=2),
        VoiceSwitches(failed_answers=2),
    ],
    ids=["silent", "empty", "failed"],
)
async def test_a_second_answer_without_speech_has_another_session_answer(
    stage: Stage, fault: VoiceSwitches
) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None),
        voice_switches=fault,
        brain=ScriptBrain([SAYS_IT] * 3),
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    scene.voices.switches = VoiceSwitches()
    await phone.says(QUESTION)
    await phone.hears(ANSWER)
    assert [line.text for line in lines(phone)] == [ANSWER]
    await phone.hangs_up()
    record = await scene.record()
    assert record.reconnects == 1
    first, second = scene.voices.sessions
    assert (first.open, second.heard) == (False, [])
    assert QUESTION in str(second.items)


async def test_where_no_session_answers_the_caller_hears_why(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, silence=None)
    scene = await stage(flow, prompts=True)
    scene.voices.switches = VoiceSwitches(near_silent=9)
    phone = await ask(scene)
    await phone.ended()
    assert phone.heard()[-1].text == flow.fallback.say
    assert (await scene.record()).end == CallEnd(
        By.VOICE, Reason.LOST, detail="no answer holds speech"
    )


async def test_each_turn_of_the_caller_has_its_own_second_try(stage: Stage) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None),
        voice_switches=VoiceSwitches(near_silent=1),
        brain=ScriptBrain([SAYS_IT] * 4),
    )
    phone = await ask(scene)
    await phone.hears(ANSWER)
    scene.voices.sessions[0].spoils("empty")
    await phone.says("Hello?")
    await phone.hears(ANSWER)
    await phone.hangs_up()
    record = await scene.record()
    assert (record.silent_answers, record.reconnects, record.responses) == (1, 0, 4)


async def test_an_answer_that_the_caller_interrupts_is_not_judged(stage: Stage) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None),
        voice_switches=VoiceSwitches(near_silent=1, delta_factor=1),
        brain=ScriptBrain([Thought(say=LONG), SAYS_IT]),
    )
    phone = await ask(scene)
    await phone.waits(2)
    await phone.says("Hello?")
    (session,) = scene.voices.sessions
    where = {"response_id": session.spoken[0].response_id, "item_id": session.spoken[0].item_id}
    late = {**where, "delta": base64.b64encode(bytes(48_000)).decode()}
    await session.sends({"type": "response.audio.delta", **late})
    await session.sends({"type": "response.audio.done", **where})
    assert await all_that_is_heard(phone) == [ANSWER]
    await phone.hangs_up()
    assert (await scene.record()).silent_answers == 0
    assert asked(session) == 0


async def test_silence_before_a_tool_is_followed_by_the_tools_answer_alone(stage: Stage) -> None:
    scene = await stage(
        look_up(static(Trigger.TOOL, "bridge"), takes_s=0.1),
        voice_switches=SILENT_ONCE,
        brain=ScriptBrain([replace(LOOKS_IT_UP, say=LINE)]),
    )
    phone = await ask(scene)
    assert await all_that_is_heard(phone) == [ANSWER]
    await phone.hangs_up()
    assert (await scene.record()).silent_answers == 1
    assert asked(scene.voices.sessions[0]) == 1


@pytest.mark.parametrize("delivery", ["service", "bridge"])
@pytest.mark.parametrize("shape", list(SHAPES))
async def test_no_answer_is_asked_for_in_place_of_a_silent_line(
    stage: Stage, delivery: str, shape: str
) -> None:
    scene = await stage(
        look_up(static(Trigger.TOOL, delivery), takes_s=6),
        voice_switches=SHAPES[shape],
        studio=Voiceless(LINE),
    )
    phone = await ask(scene)
    assert await all_that_is_heard(phone) == [ANSWER]
    await phone.hangs_up()
    assert (await scene.record()).silent_answers == (delivery == "service")
    lines_of_ours = 1 if delivery == "bridge" else 0
    assert asked(scene.voices.sessions[0]) == 1 + lines_of_ours


async def test_a_silent_goodbye_ends_the_call_all_the_same(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, silence=None)

    @flow.tool
    async def hang_up() -> HangUp:
        """End the call."""
        return HangUp(say=LONG)

    scene = await stage(
        flow,
        studio=Voiceless(LONG),
        brain=ScriptBrain([Thought(calls=(ToolCall("hang_up", {}),))]),
    )
    phone = await ask(scene)
    await phone.ended()
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == (By.AGENT, Reason.HUNG_UP)
    assert record.silent_answers == 1
    assert asked(scene.voices.sessions[0]) == 1
    assert lines(phone) == []


async def test_a_silent_greeting_is_followed_by_one_of_the_model(stage: Stage) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None, greeting=LONG, voice="en-US-AvaNeural"),
        studio=Voiceless(LONG),
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("how can I help")
    await phone.says(QUESTION)
    await phone.hangs_up()
    assert (await scene.record()).silent_answers == 1
