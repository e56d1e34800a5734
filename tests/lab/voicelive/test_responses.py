from typing import Any

import pytest

from bridge.audio.pcm import silence
from bridge.lab.voicelive import ScriptBrain, Thought
from tests.lab.voicelive.line import AVA, calling
from tests.lab.voicelive.recorded_turns import TEXT_ANSWER

LONG = "There are many things to say about this order, and I shall say them one after the other."
OPENAI = {"type": "openai", "name": "alloy"}


async def test_a_written_turn_gets_a_written_answer() -> None:
    async with calling("gpt-realtime", brain=ScriptBrain([Thought("It is foggy.")])) as line:
        await line.configure(modalities=["text"])
        line.forget()
        await line.writes("What is the weather?")
        await line.send("response.create", response={"metadata": {"turn": "1"}})
        done = (await line.until("response.done"))["response"]
        assert line.kinds() == ["conversation.item.created", *TEXT_ANSWER]
        assert line.events[0]["previous_item_id"] is None
        assert line.events[1]["response"]["metadata"] == done["metadata"] == {"turn": "1"}
        assert [e["delta"] for e in line.all("response.text.delta")] == ["It", " is", " foggy."]
        assert line.all("response.text.done")[0]["text"] == "It is foggy."
        assert line.all("response.content_part.done")[0]["part"] == {"type": "text", "text": ""}
        assert done["output"][0]["content"] == [{"type": "text", "text": "It is foggy."}]
        assert done["usage"]["output_token_details"]["audio_tokens"] == 0
        assert not line.session.spoken


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-realtime"])
async def test_an_azure_voice_says_a_text_word_for_word(model: str) -> None:
    async with calling(model) as line:
        await line.configure(voice=AVA, modalities=["text", "audio"])
        await line.greets("Thanks for calling Contoso.", metadata={"for": "greeting"})
        done = (await line.until("response.done"))["response"]
        (told,) = line.session.spoken
        assert (told.text, told.kind) == ("Thanks for calling Contoso.", "greeting")
        assert (told.response_id, told.item_id) == (done["id"], done["output"][0]["id"])
        assert line.studio.transcribe(told.pcm, 24_000) == told.text
        assert done["usage"]["input_tokens"] == 0
        assert line.session.items[0]["content"][0]["transcript"] == told.text


async def test_an_openai_voice_only_writes_it() -> None:
    async with calling("gpt-realtime") as line:
        await line.configure(voice=OPENAI)
        await line.greets("Thanks for calling Contoso.")
        await line.until("response.done")
        assert "response.audio_transcript.done" in line.kinds()
        assert not any(kind.startswith("response.audio.") for kind in line.kinds())
        assert not line.session.spoken


async def test_a_text_to_be_said_has_the_services_own_content_type() -> None:
    async with calling() as line:
        content = [{"type": "output_text", "text": "Hello."}]
        message = {"type": "message", "role": "assistant", "content": content}
        body = {"pre_generated_assistant_message": message}
        assert (await line.refused("response.create", response=body))["code"].startswith("invalid")


@pytest.mark.parametrize(
    ("system", "voice", "greeting"),
    [
        ('Say "Welcome to Contoso." now.', AVA, "Welcome to Contoso."),
        ("Welcome the user.", AVA, "Hello, how can I help you?"),
        (
            "Welcome the user.",
            {"type": "azure-standard", "name": "de-DE-KatjaNeural"},
            "Guten Tag, wie kann ich Ihnen helfen?",
        ),
    ],
)
async def test_the_model_greets_as_a_system_item_tells_it(
    system: str, voice: dict[str, str], greeting: str
) -> None:
    async with calling() as line:
        await line.configure(voice=voice)
        content = [{"type": "input_text", "text": system}]
        item = {"type": "message", "role": "system", "content": content}
        await line.send("conversation.item.create", item=item)
        await line.send("response.create")
        await line.until("response.done")
        assert [(told.text, told.kind) for told in line.session.spoken] == [(greeting, "greeting")]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "I am a stand-in, and I have no answer to that."),
        (
            {"voice": {"type": "azure-standard", "name": "Katja", "locale": "de-DE"}},
            "Ich bin ein Platzhalter und habe darauf keine Antwort.",
        ),
        (
            {"voice": OPENAI, "input_audio_transcription": {"model": "x", "language": "de"}},
            "Ich bin ein Platzhalter und habe darauf keine Antwort.",
        ),
    ],
)
async def test_a_model_without_an_answer_says_so_in_its_language(
    settings: dict[str, Any], text: str
) -> None:
    async with calling() as line:
        await line.configure(**settings)
        await line.writes("How deep is the sea?")
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[0].text == text


async def test_a_model_greets_only_once_and_then_waits_for_its_turn() -> None:
    async with calling(brain=ScriptBrain([Thought("Yes."), Thought("Anything else?")])) as line:
        await line.send("response.create")
        await line.until("response.done")
        await line.writes("Ready?")
        for _ in range(2):
            await line.send("response.create")
            await line.until("response.done")
        told = [told.text for told in line.session.spoken]
        assert told == ["Hello, how can I help you?", "Yes.", "Anything else?"]


class Listener(ScriptBrain):
    """Remembers what it was told."""

    def turn(self, said: str, tools: Any, instructions: str) -> Thought:  # noqa: ARG002
        self.told = (said, instructions)
        return Thought("Yes.")


async def test_a_response_may_have_instructions_of_its_own() -> None:
    brain = Listener([])
    async with calling(brain=brain) as line:
        await line.writes("Ready?")
        body = {"instructions": "Say yes.", "modalities": ["text"]}
        await line.send("response.create", response=body, additional_instructions="Be quick.")
        done = (await line.until("response.done"))["response"]
        assert brain.told == ("Ready?", "Say yes.\nBe quick.")
        assert done["modalities"] == ["text"]
        assert line.session.configured["modalities"] == ["audio", "text"]


async def test_an_agents_instructions_cannot_be_overridden() -> None:
    async with calling(None, agent="anna") as line:
        error = await line.refused("response.create", response={"instructions": "Obey."})
        assert "not supported with Agent service" in error["message"]


async def test_an_agent_needs_something_to_answer() -> None:
    async with calling(None, agent="anna", brain=ScriptBrain([Thought("Yes.")])) as line:
        await line.send("response.create")
        done = (await line.until("response.done"))["response"]
        assert (done["status"], done["usage"], done["output"]) == ("failed", None, [])
        assert done["status_details"]["error"]["code"] == "agent_missing_required_parameter"
        await line.writes("Ready?")
        await line.send("response.create")
        assert (await line.until("response.done"))["response"]["status"] == "completed"


async def test_there_is_one_response_at_a_time() -> None:
    async with calling() as line:
        await line.greets(LONG)
        created = await line.until("response.created")
        error = await line.refused("response.create")
        assert error["code"] == "conversation_already_has_active_response"
        assert created["response"]["id"] in error["message"]
        await line.until("response.done")
        await line.greets(LONG)
        await line.until("response.done")


async def test_a_test_can_play_a_tone() -> None:
    async with calling() as line:
        await line.next()
        tone = silence(900, 24_000)
        await line.session.plays(tone)
        await line.until("response.done")
        assert line.session.spoken[0].pcm == tone
        assert line.events[-1]["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("commit", "false"),
        ("commit", 0),
        ("cancel_previous", "true"),
        ("max_output_tokens", 0),
        ("max_output_tokens", 4097),
        ("max_output_tokens", True),
        ("max_output_tokens", 50.0),
        ("max_output_tokens", "50"),
    ],
)
async def test_a_response_is_refused_for_a_value_of_the_wrong_type(key: str, value: object) -> None:
    async with calling() as line:
        error = await line.refused("response.create", response={key: value})
        assert (error["code"], error["param"]) == ("invalid_request_error", f"response.{key}")
        await line.quiet(1)
        assert not line.all("response.created")


@pytest.mark.parametrize("tokens", [None, 1, 4096, "inf"])
async def test_a_response_may_be_limited(tokens: int | str | None) -> None:
    async with calling() as line:
        await line.send("response.create", response={"max_output_tokens": tokens})
        assert (await line.until("response.done"))["response"]["status"] == "completed"
