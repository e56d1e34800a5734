"""A conversation told anew after a connection was lost: the model goes on where it had been."""

import pytest

from bridge.lab.voicelive import ScriptBrain, Thought
from tests.lab.voicelive.line import WEATHER, Event, Line, calling

QUESTION = "What is the weather in London?"
FOGGY = "It is foggy and 12 degrees in London."
CALL = {"type": "function_call", "name": "get_weather", "call_id": "call_1", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": FOGGY}
CALL_2 = {**CALL, "call_id": "call_2"}
OUTPUT_2 = {**OUTPUT, "call_id": "call_2", "output": "It is sunny in Paris."}
RESUME = "Where were we?"


def user(text: str) -> Event:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def agent(text: str) -> Event:
    return {"type": "message", "role": "assistant", "content": [{"type": "text", "text": text}]}


GREETED = agent("Thanks for calling.")
ASKED = user(QUESTION)
ANSWERED = agent(FOGGY)
ON = {**user("The call was interrupted; go on."), "role": "system"}


async def retold(line: Line, *items: Event) -> Event:
    """Tell a conversation, and ask for a response: what it comes to."""
    await line.configure(tools=[WEATHER])
    for item in items:
        await line.send("conversation.item.create", item=item)
    await line.until("conversation.item.created", times=len(items))
    await line.send("response.create")
    return (await line.until("response.done"))["response"]["output"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ((GREETED, ASKED, CALL, OUTPUT, ON), FOGGY),
        ((ASKED, CALL, CALL_2, OUTPUT, OUTPUT_2), f"{FOGGY} It is sunny in Paris."),
        ((ASKED, CALL, OUTPUT, ANSWERED, user("And in Paris?"), CALL_2, OUTPUT_2), "It is sunny"),
        ((ASKED, agent("Let me see."), CALL, OUTPUT), FOGGY),
    ],
)
async def test_an_output_without_an_answer_is_spoken(items: tuple[Event, ...], said: str) -> None:
    async with calling() as line:
        await retold(line, *items)
        assert line.session.spoken[0].text.startswith(said)
        assert line.session.spoken[0].kind == "answer"


@pytest.mark.parametrize(
    "items",
    [
        (GREETED, ASKED),
        (GREETED, ASKED, ON),
        (user("Hello, London?"), agent("Yes?"), ASKED, ON),
    ],
)
async def test_a_question_without_an_answer_is_answered(items: tuple[Event, ...]) -> None:
    async with calling() as line:
        call = await retold(line, *items)
        assert (call["type"], call["name"]) == ("function_call", "get_weather")
        assert call["arguments"] == f'{{"city": "{QUESTION}"}}'


@pytest.mark.parametrize(
    "items",
    [
        (ASKED, ANSWERED),
        (ASKED, ANSWERED, ON),
        (ASKED, CALL, OUTPUT, ANSWERED, ON),
        (GREETED, ON),
        (ASKED, CALL, ON),
    ],
)
async def test_what_was_answered_is_neither_answered_again_nor_greeted(
    items: tuple[Event, ...],
) -> None:
    async with calling() as line:
        said = await retold(line, *items)
        assert said["content"][0]["transcript"] == RESUME


async def test_a_conversation_is_taken_up_in_its_language() -> None:
    async with calling() as line:
        await line.configure(voice={"type": "azure-standard", "name": "de-DE-KatjaNeural"})
        said = await retold(line, GREETED, ON)
        assert said["content"][0]["transcript"] == "Wo waren wir stehen geblieben?"


async def test_a_conversation_is_taken_up_as_it_is_told_or_as_the_script_has_it() -> None:
    async with calling(brain=ScriptBrain([Thought(say="As I was saying.")])) as line:
        said = await retold(line, ASKED, ANSWERED, {**user('Say "I am back."'), "role": "system"})
        assert said["content"][0]["transcript"] == "I am back."
        said = await retold(line, ON)
        assert said["content"][0]["transcript"] == "As I was saying."


async def test_words_put_before_a_question_do_not_answer_it() -> None:
    async with calling() as line:
        await line.configure(tools=[WEATHER])
        await line.writes("Hello?")
        hello = (await line.until("conversation.item.created"))["item"]["id"]
        await line.writes(QUESTION)
        await line.send("conversation.item.create", item=GREETED, previous_item_id=hello)
        await line.send("response.create")
        call = await line.until("response.function_call_arguments.done")
        assert call["arguments"] == f'{{"city": "{QUESTION}"}}'


async def test_the_next_question_is_heard_alone() -> None:
    async with calling() as line:
        await retold(line, ASKED, ANSWERED, ON)
        line.forget()
        await line.says("How is the weather?")
        call = await line.until("response.function_call_arguments.done")
        assert call["arguments"] == '{"city": "How is the weather?"}'
