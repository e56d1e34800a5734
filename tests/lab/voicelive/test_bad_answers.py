"""Answers that come to nothing: they fail, hang, or are empty."""

import pytest

from bridge.lab.voicelive import RuleBrain, ScriptBrain, Switches, Thought, ToolCall
from tests.lab.voicelive.line import WEATHER, Event, Line, calling

QUESTION = "What is the weather in London?"
YES = ScriptBrain([Thought(say="Yes.")])


async def asked(line: Line) -> Event:
    """The end of the response to a question."""
    await line.writes(QUESTION)
    await line.send("response.create")
    return (await line.until("response.done"))["response"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded"])
async def test_the_first_answers_can_fail(code: str) -> None:
    switches = Switches(failed_answers=2, failure_code=code)
    async with calling(brain=RuleBrain(), switches=switches) as line:
        for _ in range(2):
            done = await asked(line)
            assert (done["status"], done["output"], done["usage"]) == ("failed", [], None)
            assert done["status_details"]["type"] == "failed"
            assert done["status_details"]["error"]["code"] == code
        assert (await asked(line))["status"] == "completed"


async def test_the_first_answers_can_be_empty() -> None:
    async with calling(switches=Switches(empty_answers=1)) as line:
        done = await asked(line)
        assert (done["status"], done["output"]) == ("completed", [])
        assert line.kinds()[-2:] == ["response.created", "response.done"]
        assert (await asked(line))["output"]


async def test_an_answer_can_be_incomplete() -> None:
    async with calling() as line:
        line.session.spoils("incomplete", "filtered")
        for reason in ("max_output_tokens", "content_filter"):
            done = await asked(line)
            assert done["status"] == "incomplete"
            assert done["status_details"] == {"type": "incomplete", "reason": reason}


async def test_an_answer_can_hang_until_it_is_cancelled() -> None:
    async with calling(switches=Switches(hanging_answers=1)) as line:
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.created")
        await line.quiet(60)
        assert line.kinds()[-1] == "response.created"
        error = await line.refused("response.create")
        assert error["code"] == "conversation_already_has_active_response"
        await line.send("response.cancel")
        assert (await line.until("response.done"))["response"]["status"] == "cancelled"
        assert (await asked(line))["status"] == "completed"


async def test_a_session_may_end_while_an_answer_hangs() -> None:
    async with calling(switches=Switches(hanging_answers=1)) as line:
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.created")


@pytest.mark.parametrize(
    "switches", [Switches(empty_answers=1), Switches(failed_answers=1), Switches(hanging_answers=1)]
)
async def test_what_got_no_answer_is_answered_by_the_next(switches: Switches) -> None:
    async with calling(switches=switches) as line:
        await line.configure(tools=[WEATHER])
        await line.writes(QUESTION)
        await line.send("response.create")
        await line.until("response.created")
        await line.quiet(5)
        if not line.all("response.done"):
            await line.send("response.cancel")
        await line.send("response.create")
        call = await line.until("response.function_call_arguments.done")
        assert QUESTION in call["arguments"]


async def test_bad_answers_of_every_kind_come_one_after_the_other() -> None:
    switches = Switches(empty_answers=1, failed_answers=1, hanging_answers=1)
    async with calling(switches=switches) as line:
        assert (await asked(line))["status"] == "failed"
        await line.send("response.create")
        await line.until("response.created")
        await line.send("response.cancel")
        assert (await line.until("response.done"))["response"]["status"] == "cancelled"
        assert (await asked(line))["output"] == []
        assert (await asked(line))["output"]


async def test_greetings_and_lines_word_for_word_are_not_answers() -> None:
    async with calling(switches=Switches(failed_answers=1)) as line:
        await line.send("response.create")
        assert (await line.until("response.done"))["response"]["status"] == "completed"
        await line.writes(QUESTION)
        await line.greets("One moment.")
        assert (await line.until("response.done"))["response"]["status"] == "completed"
        await line.send("response.create")
        assert (await line.until("response.done"))["response"]["status"] == "failed"


async def test_every_session_has_bad_answers_of_its_own() -> None:
    async with calling(switches=Switches(failed_answers=1)) as line, line.again() as other:
        for each in (line, other):
            assert (await asked(each))["status"] == "failed"
            assert (await asked(each))["status"] == "completed"


async def test_a_test_can_spoil_the_answer_to_a_tool() -> None:
    brain = ScriptBrain([Thought(calls=(ToolCall("get_weather", {}),))])
    async with calling(brain=brain) as line:
        (call,) = (await asked(line))["output"]
        line.session.spoils("empty", "failed")
        await line.answers(call, "It is foggy.")
        for status in ("completed", "failed"):
            await line.send("response.create")
            done = (await line.until("response.done"))["response"]
            assert (done["status"], done["output"]) == (status, [])
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == ["It is foggy."]
