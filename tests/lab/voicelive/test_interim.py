import pytest

from bridge.lab.voicelive import ScriptBrain, Switches, Thought, ToolCall
from tests.lab.voicelive.line import Line, calling
from tests.lab.voicelive.waiting import CALL, FOGGY, LOOK, WORDS, asks, interims, static

MESSAGE = [
    "response.output_item.added",
    "conversation.item.created",
    "response.content_part.added",
    "response.audio_transcript.delta",
    "response.audio.delta",
    "response.audio.done",
    "response.audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
]


def steps(line: Line) -> list[str]:
    return list(dict.fromkeys(line.kinds()))


async def test_a_filler_of_a_slow_function_is_a_response_of_its_own() -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        call = await asks(line, static("tool"))
        assert (await line.until("response.done"))["response"]["id"] == call["response_id"]
        called_s = line.times_s[-1]
        line.forget()
        filler = (await line.until("response.done"))["response"]
        assert steps(line) == ["response.created", *MESSAGE, "response.done"]
        assert filler["id"] != call["response_id"]
        assert filler["usage"]["input_tokens"] == 0
        assert line.at("response.created") - called_s == pytest.approx(1, abs=0.01)
        (told,) = line.session.spoken
        assert (told.text, told.kind, told.response_id) == (LOOK, "interim", filler["id"])
        assert line.studio.transcribe(told.pcm, 24_000) == LOOK
        assert line.session.items[-1]["id"] == told.item_id
        await line.quiet(30)
        assert interims(line) == [LOOK]
        await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[-1].text == FOGGY


async def test_a_filler_can_be_one_more_item_of_the_response_that_called() -> None:
    async with calling(
        brain=ScriptBrain([CALL]), switches=Switches(interim_shape="same_response")
    ) as line:
        call = await asks(line, static("tool"))
        await line.until("response.done")
        line.forget()
        added = await line.until("response.output_item.added")
        assert (added["response_id"], added["output_index"]) == (call["response_id"], 1)
        await line.quiet(5)
        assert steps(line) == MESSAGE


async def test_the_end_of_the_response_that_called_can_wait_for_the_filler() -> None:
    switches = Switches(interim_shape="held_done")
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.next()
        line.forget()
        done = (await line.until("response.done"))["response"]
        assert steps(line) == [*MESSAGE, "response.done"]
        assert [item["type"] for item in done["output"]] == ["function_call", "message"]
        assert done["id"] == call["response_id"]
        await line.quiet(5)
        assert line.kinds()[-1] == "response.done"


async def test_the_end_of_the_response_that_called_waits_no_longer_than_the_tool() -> None:
    switches = Switches(interim_shape="held_done")
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.quiet(0.5)
        assert "response.done" not in line.kinds()
        await line.answers(call, FOGGY)
        done = (await line.until("response.done"))["response"]
        assert [item["type"] for item in done["output"]] == ["function_call"]


@pytest.mark.parametrize("shape", ["auto", "same_response", "held_done"])
async def test_nothing_is_said_if_the_tool_is_faster(shape: str) -> None:
    switches = Switches(interim_shape=shape)  # type: ignore[arg-type]
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.quiet(0.5)
        await line.answers(call, FOGGY)
        await line.quiet(5)
        assert not line.session.spoken


async def test_each_of_several_tools_must_answer() -> None:
    calls = Thought(calls=(ToolCall("one", {}), ToolCall("two", {})))
    async with calling(brain=ScriptBrain([calls])) as line:
        call = await asks(line, static("tool"))
        await line.answers(call, FOGGY)
        await line.until(WORDS)
        assert interims(line) == [LOOK]


async def test_the_threshold_need_not_delay_the_tool_trigger() -> None:
    switches = Switches(interim_gates_tool=False)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        await asks(line, static("tool", ms=60_000))
        await line.until("response.created")
        assert line.at("response.created") == line.at("response.done")


async def test_the_default_threshold_is_two_seconds_and_the_default_trigger_latency() -> None:
    unset = {"triggers": None, "latency_threshold_ms": None}
    interim = {"type": "static_interim_response", "texts": [LOOK], **unset}
    for first_token_s, expected in [(1.9, []), (2.1, [LOOK])]:
        switches = Switches(first_token_s=first_token_s)
        async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
            await asks(line, interim)
            await line.quiet(30)
            assert interims(line) == expected


async def test_a_slow_answer_is_covered_within_its_response() -> None:
    brain = ScriptBrain([Thought(FOGGY)])
    async with calling(brain=brain, switches=Switches(first_token_s=3)) as line:
        await line.configure(interim_response=static("latency", "tool"))
        await line.says("What is the weather?")
        done = (await line.until("response.done"))["response"]
        texts = [item["content"][0]["transcript"] for item in done["output"]]
        assert texts == [LOOK, FOGGY]
        begun = [
            t for t, e in zip(line.times_s, line.events, strict=True) if e["type"] == MESSAGE[0]
        ]
        start = line.at("response.created")
        assert [at - start for at in begun] == pytest.approx([1, 3], abs=0.01)


async def test_a_slow_answer_can_be_covered_by_a_response_of_its_own() -> None:
    brain = ScriptBrain([Thought(FOGGY)])
    switches = Switches(first_token_s=3, interim_shape="separate")
    async with calling(brain=brain, switches=switches) as line:
        await line.configure(interim_response=static("latency"))
        await line.says("What is the weather?")
        await line.until("response.done", times=2)
        outer, filler = (e["response"]["id"] for e in line.all("response.created"))
        assert [e["response"]["id"] for e in line.all("response.done")] == [filler, outer]
        assert [told.response_id for told in line.session.spoken] == [filler, outer]


async def test_an_answer_waits_for_the_filler_to_be_sent() -> None:
    brain = ScriptBrain([Thought(FOGGY)])
    async with calling(brain=brain, switches=Switches(first_token_s=1.1)) as line:
        await line.configure(interim_response=static("latency"))
        await line.says("What is the weather?")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [LOOK, FOGGY]


@pytest.mark.parametrize(
    ("tool_s", "triggers", "expected"),
    [(2, ("tool",), [LOOK]), (0.9, ("tool",), []), (0, ("tool",), []), (0.9, ("latency",), [LOOK])],
)
async def test_an_agents_own_tool_is_seen_by_its_filler_alone(
    tool_s: float, triggers: tuple[str, ...], expected: list[str]
) -> None:
    switches = Switches(agent_tool_s=tool_s)
    brain = ScriptBrain([Thought(FOGGY)])
    async with calling(None, agent="anna", brain=brain, switches=switches) as line:
        await line.configure(interim_response=static(*triggers))
        await line.says("What is the weather?")
        done = (await line.until("response.done"))["response"]
        assert [told.text for told in line.session.spoken] == [*expected, FOGGY]
        assert {item["type"] for item in done["output"]} == {"message"}
        assert len(done["output"]) == 1 + len(expected)


async def test_one_of_several_texts_is_picked_by_the_seed() -> None:
    texts = ("One.", "Two.", "Three.", "Four.")
    picked = set()
    for seed in range(8):
        async with calling(brain=ScriptBrain([CALL]), switches=Switches(seed=seed)) as line:
            await asks(line, static("tool", texts=texts))
            await line.until(WORDS)
            picked |= {e["transcript"] for e in line.all(WORDS)}
    assert len(picked) > 1
    assert picked <= set(texts)


@pytest.mark.parametrize(("texts", "expected"), [(("I am on it.",), ["I am on it."]), ((), [])])
async def test_an_llm_fills_the_wait_with_its_own_words_or_not_at_all(
    texts: tuple[str, ...], expected: list[str]
) -> None:
    switches = Switches(llm_interim_texts=texts)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        await asks(line, {"type": "llm_interim_response", "triggers": ["tool"]})
        await line.quiet(30)
        assert interims(line) == expected


async def test_one_response_may_have_a_filler_of_its_own() -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        await asks(line, None, interim_response=static("tool"))
        await line.until(WORDS)
        assert interims(line) == [LOOK]
        assert "interim_response" not in line.session.configured


async def test_a_filler_that_is_not_echoed_is_not_spoken() -> None:
    switches = Switches(interim_echo=False)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        await asks(line, static("tool"))
        await line.quiet(30)
        assert not line.session.spoken
