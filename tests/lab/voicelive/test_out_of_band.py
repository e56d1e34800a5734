from typing import Any

import pytest
from azure.ai.voicelive.models import ResponseCreateParams

from bridge.lab.voicelive import Happening, ScriptBrain, Switches, Thought
from tests.lab.voicelive.line import WEATHER, Event, Line, calling
from tests.lab.voicelive.waiting import CALL, FOGGY, LOOK, asks, static

MADE_UP = "Let me have a look."
COVER = "Say in one short sentence that you are still looking."
QUESTION = "What is the weather?"


async def covers(line: Line, instructions: str = COVER, **response: Any) -> Event:
    """Have the model cover a wait, out of band; its response, once it is done."""
    asked = {"instructions": instructions, "tool_choice": "none", **response}
    params = ResponseCreateParams(commit=False, cancel_previous=False, **asked)
    await line.connection.response.create(response=params)
    done: Event = (await line.until("response.done"))["response"]
    return done


async def test_what_is_said_out_of_band_looks_like_any_response_but_joins_no_conversation() -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        await asks(line, None)
        await line.until("response.done")
        line.forget()
        done = await covers(line, metadata={"for": "cover"})
        assert list(dict.fromkeys(line.kinds())) == [
            "response.created",
            "response.output_item.added",
            "response.content_part.added",
            "response.audio_transcript.delta",
            "response.audio.delta",
            "response.audio.done",
            "response.audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        assert (done["status"], done["metadata"]) == ("completed", {"for": "cover"})
        (told,) = line.session.spoken
        assert (told.text, told.kind) == (MADE_UP, "interim")
        assert (told.response_id, told.item_id) == (done["id"], done["output"][0]["id"])
        assert line.studio.transcribe(told.pcm, 24_000) == MADE_UP
        assert line.session.items[-1]["type"] == "function_call"


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        ("retrieve", {}),
        ("delete", {}),
        ("truncate", {"content_index": 0, "audio_end_ms": 100}),
    ],
)
async def test_an_item_said_out_of_band_does_not_exist_later(
    deed: str, fields: dict[str, int]
) -> None:
    async with calling() as line:
        (item,) = (await covers(line))["output"]
        error = await line.refused(f"conversation.item.{deed}", item_id=item["id"], **fields)
        assert error["code"] == f"item_{deed}_invalid_item_id"


async def test_a_caller_who_barges_in_stops_it_and_there_is_nothing_to_truncate() -> None:
    async with calling() as line:
        await line.configure(turn_detection={"type": "server_vad", "auto_truncate": True})
        await line.greets(f"{LOOK} {LOOK}", commit=False)
        await line.until("response.audio.delta", times=3)
        await line.append((await line.voice("Can you help me?"))[:60_000])
        done = (await line.until("response.done"))["response"]
        assert done["status_details"]["reason"] == "turn_detected"
        await line.quiet(1)
        assert not line.all("conversation.item.truncated")


@pytest.mark.parametrize("early", [False, True])
async def test_the_answer_still_comes_after_the_cover(*, early: bool) -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        call = await asks(line, None)
        await line.until("response.done")
        if early:
            await line.answers(call, FOGGY)
        await covers(line)
        if not early:
            await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [MADE_UP, FOGGY]
        assert [told.kind for told in line.session.spoken] == ["interim", "answer"]


async def test_a_turn_of_the_caller_is_still_answered_after_the_cover() -> None:
    async with calling(brain=ScriptBrain([Thought(FOGGY)])) as line:
        await line.writes(QUESTION)
        await covers(line)
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [MADE_UP, FOGGY]


@pytest.mark.parametrize(
    ("instructions", "own_words", "said"),
    [
        ('Say "Still looking." now.', (MADE_UP,), "Still looking."),
        ("Sag „Ich suche noch.“ dazu.", (MADE_UP,), "Ich suche noch."),
        (COVER, ("I am on it.",), "I am on it."),
        (COVER, (), "I am a stand-in, and I have no answer to that."),
    ],
)
async def test_the_model_says_what_its_instructions_quote_or_words_of_its_own(
    instructions: str, own_words: tuple[str, ...], said: str
) -> None:
    async with calling(switches=Switches(llm_interim_texts=own_words)) as line:
        await covers(line, instructions)
        assert [(told.text, told.kind) for told in line.session.spoken] == [(said, "interim")]


async def test_a_text_can_be_said_word_for_word_out_of_band() -> None:
    async with calling(brain=ScriptBrain([Thought(FOGGY)])) as line:
        seen: list[Happening] = []
        line.service.watch(seen.append)
        await line.writes(QUESTION)
        await line.until("conversation.item.created")
        line.forget()
        await line.greets(LOOK, commit=False)
        await line.until("response.done")
        assert "conversation.item.created" not in line.kinds()
        await line.greets("Thanks for waiting.", commit=True)
        await line.until("response.done")
        assert [(told.text, told.kind) for told in line.session.spoken] == [
            (LOOK, "interim"),
            ("Thanks for waiting.", "answer"),
        ]
        assert [happening.kind for happening in seen] == ["interim", "agent_said"]
        assert len(line.session.items) == 2


async def test_a_service_may_commit_what_was_to_stay_out_of_band() -> None:
    switches = Switches(out_of_band=False)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, None)
        await line.answers(call, FOGGY)
        await line.until("response.done")
        line.forget()
        (item,) = (await covers(line))["output"]
        assert line.all("conversation.item.created")[-1]["item"]["id"] == item["id"]
        where = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 0}
        await line.send("conversation.item.truncate", **where)
        await line.until("conversation.item.truncated")
        await line.send("response.create")
        await line.until("response.done")
        assert [(told.text, told.kind) for told in line.session.spoken] == [
            (MADE_UP, "interim"),
            (FOGGY, "answer"),
        ]


@pytest.mark.parametrize("commits", [False, True])
async def test_a_model_that_may_call_considers_the_conversation_out_of_band_too(
    *, commits: bool
) -> None:
    async with calling(switches=Switches(out_of_band=not commits)) as line:
        await line.configure(tools=[WEATHER])
        await line.writes(QUESTION)
        (call,) = (await covers(line, tool_choice="auto"))["output"]
        (again,) = (await covers(line, tool_choice="auto"))["output"]
        assert [call["type"], again["type"]] == [
            "function_call",
            "message" if commits else call["type"],
        ]
        await line.answers(call, FOGGY)
        if commits:
            assert (await line.until("conversation.item.created"))["item"]["output"] == FOGGY
        else:
            assert (await line.until("error"))["error"]["code"] == "invalid_tool_call_id"


@pytest.mark.parametrize("response", [{"instructions": COVER}, {"commit": False}])
async def test_a_model_that_is_told_nothing_out_of_band_answers(response: Event) -> None:
    async with calling(brain=ScriptBrain([Thought(FOGGY)])) as line:
        await line.writes(QUESTION)
        await line.send("response.create", response={**response, "tool_choice": "none"})
        await line.until("response.done")
        assert line.session.spoken[0].text == FOGGY


@pytest.mark.parametrize("shape", ["auto", "separate"])
async def test_a_filler_of_an_out_of_band_response_is_out_of_band_too(shape: str) -> None:
    switches = Switches(interim_shape=shape, first_token_s=3)  # type: ignore[arg-type]
    async with calling(switches=switches) as line:
        await line.configure(interim_response=static("latency"))
        await covers(line)
        await line.quiet(10)
        assert [told.text for told in line.session.spoken] == [LOOK, MADE_UP]
        assert not line.session.items


async def test_an_agent_cannot_be_told_what_to_say_out_of_band_but_can_be_given_a_text() -> None:
    async with calling(None, agent="anna", brain=ScriptBrain([Thought(FOGGY)])) as line:
        await line.writes(QUESTION)
        body = {"commit": False, "instructions": COVER}
        error = await line.refused("response.create", response=body)
        assert "not supported with Agent service" in error["message"]
        await line.greets(LOOK, commit=False)
        await line.until("response.done")
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [LOOK, FOGGY]


@pytest.mark.parametrize("cancel_previous", [None, False, True])
async def test_a_second_response_is_refused_whatever_it_says_of_the_first(
    cancel_previous: bool | None,  # noqa: FBT001 - a value on the wire
) -> None:
    async with calling() as line:
        await line.greets(LOOK)
        await line.until("response.created")
        body = {"commit": False, "cancel_previous": cancel_previous}
        error = await line.refused("response.create", response=body)
        assert error["code"] == "conversation_already_has_active_response"
