"""A response that never resolves does not silence the call for ever."""

import base64
from itertools import pairwise

from structlog.testing import capture_logs

from bridge import Callflow
from bridge.call.ends import By, CallEnd, Reason
from bridge.call.gate import STALLED_S
from bridge.lab.acs import Phone
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from bridge.lab.voicelive import Switches as VoiceSwitches
from tests.calls.conftest import NUMBER, Stage

SAY = "Please look it up."
LOST = CallEnd(By.VOICE, Reason.LOST, detail="no response")


def longest_gap_s(phone: Phone) -> float:
    """The longest silence between two lines."""
    heard = phone.heard()
    return max(later.start_ms - earlier.end_ms for earlier, later in pairwise(heard)) / 1000


async def test_a_service_that_answers_nothing_is_asked_again_then_replaced_then_lost(
    stage: Stage,
) -> None:
    flow = Callflow(number=NUMBER, silence=None)
    scene = await stage(flow, prompts=True)
    scene.voices.switches = VoiceSwitches(error_without_done=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    with capture_logs() as logs:
        await phone.says(SAY)
        assert (await phone.ended()).by == "bridge"
    record = await scene.record()
    assert record.end == LOST
    assert (record.stalls, record.reconnects) == (3, 1)
    assert record.lasted_ms < 4 * STALLED_S * 1000
    assert [line["again"] for line in logs if line["event"] == "response.stalled"] == [0, 1, 1]
    *asked, sorry = [line.text for line in phone.heard()]
    assert set(asked) == {flow.fallback.meanwhile}
    assert sorry == flow.fallback.say
    assert longest_gap_s(phone) < 12


async def test_the_caller_is_answered_after_a_response_got_stuck(stage: Stage) -> None:
    scene = await stage(Callflow(number=NUMBER, silence=None))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    (session,) = scene.voices.sessions
    await session.sends({"type": "response.created", "response": {"id": "stuck"}})
    await phone.waits(STALLED_S)
    noise = base64.b64encode(bytes(range(256)) * 100).decode()
    late = {"response_id": "stuck", "item_id": "late", "output_index": 0, "content_index": 0}
    await session.sends({"type": "response.audio.delta", **late, "delta": noise})
    await phone.hears("how can I help")
    assert [line.text for line in phone.heard()] == ["Hello, how can I help you?"]
    cancels = [event for event in session.received if event["type"] == "response.cancel"]
    assert [event["response_id"] for event in cancels] == ["stuck"]
    await phone.hangs_up()
    record = await scene.record()
    assert record.stalls == 1
    assert record.end
    assert record.end.by is By.CALLER


async def test_a_caller_who_was_answered_meanwhile_is_not_answered_twice(stage: Stage) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None), brain=ScriptBrain([Thought(say="Here I am.")])
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    await scene.voices.sessions[0].sends({"type": "response.created", "response": {"id": "stuck"}})
    await phone.waits(3)
    await phone.says("Hello?")
    await phone.hears("Here I am.")
    await phone.pauses(20_000)
    await phone.hangs_up()
    assert (await scene.record()).stalls == 1
    assert len(phone.heard()) == 1


async def test_a_tool_of_a_stuck_response_is_answered_once(stage: Stage) -> None:
    flow = Callflow(number=NUMBER, silence=None)

    @flow.tool
    async def look() -> str:
        """Look it up."""
        return "Found it."

    scene = await stage(flow, brain=ScriptBrain([Thought(calls=(ToolCall("look", {}),))]))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    (session,) = scene.voices.sessions
    await session.sends({"type": "response.created", "response": {"id": "stuck"}})
    where = {"response_id": "stuck", "call_id": "c1", "name": "look", "arguments": "{}"}
    await session.sends({"type": "response.function_call_arguments.done", **where})
    await phone.waits(STALLED_S + 5)
    creates = [event for event in session.received if event["type"] == "response.create"]
    line, answer = [event["response"] for event in creates]
    assert "pre_generated_assistant_message" in line, "the caller is asked to wait"
    assert "pre_generated_assistant_message" not in answer
    await phone.hangs_up()
    assert (await scene.record()).stalls == 1
