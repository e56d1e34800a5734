import json

import pytest

from bridge.lab.voicelive import Happening, ScriptBrain, Thought, ToolCall
from tests.lab.voicelive.line import WEATHER, calling
from tests.lab.voicelive.recorded_turns import ARGUMENTS_KEYS, CALL, CALL_KEYS

LONDON = ToolCall("get_weather", {"city": "London"})
PARIS = ToolCall("get_weather", {"city": "Paris"})
QUESTION = "What is the weather in London?"
FOGGY = "It is foggy and 12 degrees in London."
DONE = "response.function_call_arguments.done"


@pytest.mark.parametrize(
    ("model", "begun"), [("gpt-realtime", "in_progress"), ("gpt-4.1", "incomplete")]
)
async def test_a_function_call_is_as_recorded(model: str, begun: str) -> None:
    async with calling(model, brain=ScriptBrain([Thought(calls=(LONDON,))])) as line:
        seen: list[Happening] = []
        line.service.watch(seen.append)
        await line.configure(tools=[WEATHER])
        line.forget()
        await line.writes(QUESTION)
        await line.send("response.create")
        done = (await line.until("response.done"))["response"]
        assert line.kinds()[1:] == CALL
        (added,) = (e["item"] for e in line.all("response.output_item.added"))
        assert list(added) == CALL_KEYS
        assert (added["status"], added["arguments"]) == (begun, "")
        assert len(added["call_id"]) == len("call_gjTmnRCz6ans0s2H")
        (arguments,) = line.all(DONE)
        assert list(arguments) == ARGUMENTS_KEYS
        deltas = line.all("response.function_call_arguments.delta")
        assert "".join(delta["delta"] for delta in deltas) == arguments["arguments"]
        assert json.loads(arguments["arguments"]) == {"city": "London"}
        assert done["output"] == [
            {**added, "status": "completed", "arguments": arguments["arguments"]}
        ]
        await line.answers(added, FOGGY)
        created = await line.until("conversation.item.created")
        assert created["previous_item_id"] == added["id"]
        assert list(created["item"]) == ["id", "object", "type", "call_id", "output"]
        await line.quiet(20)
        assert line.events[-1] is created
        await line.send("response.create")
        answer = (await line.until("response.done"))["response"]
        assert answer["output"][0]["content"] == [{"type": "audio", "transcript": FOGGY}]
        assert [happening.kind for happening in seen] == [
            "tool_called",
            "tool_answered",
            "agent_said",
        ]


async def test_an_output_may_come_before_the_call_is_done() -> None:
    brain = ScriptBrain([Thought(calls=(LONDON, PARIS))])
    async with calling(brain=brain) as line:
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.answers(await line.until(DONE), FOGGY)
        await line.answers(await line.until(DONE), "It is sunny in Paris.")
        await line.until("conversation.item.created", times=2)
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[-1].text == f"{FOGGY} It is sunny in Paris."


async def test_several_calls_come_in_one_response_and_get_one_answer() -> None:
    brain = ScriptBrain([Thought("Let me see.", (LONDON, PARIS))])
    async with calling(brain=brain) as line:
        await line.writes(QUESTION)
        await line.send("response.create")
        done = (await line.until("response.done"))["response"]
        kinds = [item["type"] for item in done["output"]]
        assert kinds == ["message", "function_call", "function_call"]
        assert [e["output_index"] for e in line.all("response.output_item.done")] == [0, 1, 2]
        for call, said in zip(line.all(DONE), [FOGGY, "It is sunny in Paris."], strict=True):
            await line.answers(call, said)
        await line.send("response.create")
        await line.until("response.done")
        told = [told.text for told in line.session.spoken]
        assert told == ["Let me see.", f"{FOGGY} It is sunny in Paris."]


async def test_parallel_calls_can_be_forbidden() -> None:
    async with calling(brain=ScriptBrain([Thought(calls=(LONDON, PARIS))])) as line:
        await line.configure(parallel_tool_calls=False)
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.done")
        assert len(line.all(DONE)) == 1


async def test_a_model_that_may_not_call_does_not() -> None:
    async with calling() as line:
        await line.configure(tools=[WEATHER, {"type": "mcp", "server_label": "weather"}])
        await line.configure(tool_choice="none")
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.done")
        assert not line.all(DONE)
        await line.configure(tool_choice=None)
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.done")
        assert len(line.all(DONE)) == 1


async def test_a_response_goes_over_what_there_is_while_a_call_is_open() -> None:
    brain = ScriptBrain([Thought(calls=(LONDON, PARIS))])
    async with calling(brain=brain) as line:
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.done")
        await line.answers(line.all(DONE)[0], FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[-1].text == FOGGY


async def test_a_conversation_can_be_told_anew() -> None:
    async with calling() as line:
        await line.writes(QUESTION)
        call = {"type": "function_call", "name": "get_weather", "call_id": "call_1"}
        await line.send("conversation.item.create", item={**call, "arguments": "{}"})
        await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[0].text == FOGGY


async def test_an_output_for_no_call_is_an_error() -> None:
    async with calling() as line:
        item = {"type": "function_call_output", "call_id": "call_x", "output": FOGGY}
        error = await line.refused("conversation.item.create", item=item)
        assert error["code"] == "invalid_tool_call_id"


async def test_a_spoken_question_is_answered_by_a_tool() -> None:
    async with calling() as line:
        await line.configure(tools=[WEATHER])
        await line.says(QUESTION)
        call = await line.until(DONE)
        assert json.loads(call["arguments"]) == {"city": QUESTION}
        await line.until("response.done")
        await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [FOGGY]
