"""A tool that goes wrong costs the caller an answer, not the call."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Call, Callflow, HangUp, ToolError
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from tests.calls.conftest import NUMBER, Stage

SAY = "Please look it up."


def outputs(session: Any) -> list[str]:
    items = [e["item"] for e in session.received if e["type"] == "conversation.item.create"]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


def calls(*names: str) -> ScriptBrain:
    """A model that calls these tools in its first turn."""
    return ScriptBrain([Thought(calls=tuple(ToolCall(name, {}) for name in names))])


async def fails() -> str:
    """Look it up."""
    raise RuntimeError("the database is on fire")


async def declines() -> str:
    """Look it up."""
    raise ToolError("The shop is closed.")


async def hangs() -> str:
    """Look it up."""
    await asyncio.sleep(1000)
    return "never"


async def returns_nonsense() -> Any:
    """Look it up."""
    return {1, 2}


async def returns_what_json_cannot_say() -> Any:
    """Look it up."""
    return {"when": object()}


@pytest.mark.parametrize(
    ("tool", "output", "outcome"),
    [
        (fails, '{"error":"fails failed."}', "failed"),
        (declines, '{"error":"The shop is closed."}', "declined"),
        (hangs, '{"error":"hangs took too long."}', "timed_out"),
        (returns_nonsense, '{"error":"returns_nonsense failed."}', "failed"),
        (
            returns_what_json_cannot_say,
            '{"error":"returns_what_json_cannot_say failed."}',
            "failed",
        ),
    ],
)
async def test_the_model_is_told_and_the_call_goes_on(
    stage: Stage, tool: Any, output: str, outcome: str
) -> None:
    flow = Callflow(number=NUMBER)
    flow.tool(timeout_ms=2_000)(tool)
    scene = await stage(flow, brain=calls(tool.__name__))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    with capture_logs() as logs:
        await phone.says(SAY)
        await phone.hears("error")
    (session,) = scene.voices.sessions
    assert outputs(session) == [output]
    assert [line["outcome"] for line in logs if line["event"] == "tool.ended"] == [outcome]
    assert any("exc_info" in line for line in logs) == (outcome == "failed")
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert record.end.by == "caller"


async def test_a_tool_the_flow_does_not_have_is_said_to_be_missing(stage: Stage) -> None:
    scene = await stage(Callflow(number=NUMBER), brain=calls("teleport"))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.hears("error")
    assert outputs(scene.voices.sessions[0]) == ['{"error":"There is no tool named teleport."}']
    await phone.hangs_up()
    assert [use.name for use in (await scene.record()).tools] == ["_unknown"]


async def test_all_tools_of_a_turn_run_at_once_and_are_answered_once(stage: Stage) -> None:
    flow = Callflow(number=NUMBER)
    for name, seconds in (("slow", 3), ("quick", 1)):

        async def look_up(seconds: int = seconds) -> str:
            """Look it up."""
            await asyncio.sleep(seconds)
            return f"Took {seconds} seconds."

        look_up.__name__ = name
        flow.tool(look_up)
    scene = await stage(flow, brain=calls("slow", "quick"))
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says(SAY)
    await phone.hears("Took 3 seconds.")
    (session,) = scene.voices.sessions
    assert outputs(session) == ["Took 1 seconds.", "Took 3 seconds."]
    assert [e["type"] for e in session.received].count("response.create") == 1
    await phone.hangs_up()
    record = await scene.record()
    assert [(use.name, use.took_ms) for use in record.tools] == [("quick", 1000), ("slow", 3000)]


async def test_a_tool_is_cancelled_when_its_call_ends(stage: Stage) -> None:
    flow, seen = Callflow(number=NUMBER), asyncio.Queue[str]()

    @flow.tool
    async def wait(call: Call) -> str:
        """Look it up."""
        await seen.put(call.caller)
        try:
            await asyncio.sleep(1000)
        finally:
            await seen.put("cancelled")
        return "never"

    scene = await stage(flow, brain=calls("wait"))
    phone = await scene.acs.dial(NUMBER, caller="+14255550123")
    await phone.answered()
    await phone.says(SAY)
    assert await seen.get() == "+14255550123"
    await phone.hangs_up()
    assert await seen.get() == "cancelled"
    assert (await scene.record()).tools == []


async def test_hanging_up_without_a_word_lets_the_agent_finish_its_own(stage: Stage) -> None:
    flow = Callflow(number=NUMBER)

    @flow.tool
    async def goodbye() -> HangUp:
        """End the call."""
        return HangUp()

    last = "Goodbye, and thank you for calling us today."
    brain = ScriptBrain([Thought(say=last, calls=(ToolCall("goodbye", {}),))])
    scene = await stage(flow, brain=brain)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.says("Bye.")
    await phone.ended()
    (heard,) = phone.heard()
    assert (heard.text, heard.complete) == (last, True)
