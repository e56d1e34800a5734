import pytest

from bridge.lab.voicelive import ScriptBrain, Switches, Thought
from tests.lab.voicelive.line import calling
from tests.lab.voicelive.waiting import CALL, FOGGY, LOOK, WORDS, asks, interims, static


async def test_a_filler_can_stay_out_of_the_models_history() -> None:
    switches = Switches(interim_in_history=False)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        await asks(line, static("tool"))
        await line.until("response.done", times=2)
        assert "conversation.item.created" not in line.kinds()
        assert line.session.items[-1]["type"] == "function_call"
        where = {"item_id": line.session.spoken[0].item_id, "content_index": 0}
        error = await line.refused("conversation.item.truncate", **where, audio_end_ms=100)
        assert error["code"] == "item_truncate_invalid_item_id"


@pytest.mark.parametrize("shape", ["separate", "same_response"])
async def test_an_answer_cannot_begin_during_a_filler(shape: str) -> None:
    switches = Switches(interim_shape=shape)  # type: ignore[arg-type]
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.until("response.audio.delta")
        await line.answers(call, FOGGY)
        error = await line.refused("response.create")
        assert error["code"] == "conversation_already_has_active_response"
        await line.until("response.output_item.done")
        await line.quiet(1)
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [LOOK, FOGGY]


@pytest.mark.parametrize("shape", ["separate", "same_response"])
async def test_an_answer_can_follow_a_filler_by_itself(shape: str) -> None:
    switches = Switches(interim_shape=shape, interim_active_blocks_create=False)  # type: ignore[arg-type]
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.until("response.audio.delta")
        await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until(WORDS, times=2)
        await line.until("response.done")
        assert [told.text for told in line.session.spoken] == [LOOK, FOGGY]
        assert not line.all("error")


async def test_a_filler_can_be_cut_off_by_the_output() -> None:
    switches = Switches(interim_cut_by_output=True)
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        call = await asks(line, static("tool"))
        await line.until("response.audio.delta")
        await line.answers(call, FOGGY)
        await line.until("response.done")
        assert line.events[-1]["response"]["status"] == "cancelled"
        assert interims(line) != [LOOK]
        await line.send("response.create")
        await line.until("response.done")
        assert line.session.spoken[-1].text == FOGGY


async def test_a_caller_who_barges_in_stops_the_filler_but_not_the_tool() -> None:
    async with calling(brain=ScriptBrain([CALL, Thought("Still looking.")])) as line:
        call = await asks(line, static("tool"))
        await line.until("response.audio.delta")
        await line.append(await line.voice("Hello?"))
        done = (await line.until("response.done"))["response"]
        assert done["status_details"]["reason"] == "turn_detected"
        assert len(interims(line)[0]) < len(LOOK)
        await line.until("response.done")
        await line.answers(call, FOGGY)
        await line.send("response.create")
        await line.until("response.done")
        assert [told.text for told in line.session.spoken][1:] == ["Still looking.", FOGGY]


async def test_a_caller_who_speaks_before_the_filler_hears_none() -> None:
    async with calling(brain=ScriptBrain([CALL, Thought("Still looking.")])) as line:
        await asks(line, static("tool"))
        await line.until("response.done")
        await line.append(await line.voice("Hello?"))
        await line.quiet(30)
        assert [told.text for told in line.session.spoken] == ["Still looking."]


async def test_a_new_response_ends_the_wait_for_the_tool() -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        await asks(line, static("tool"))
        await line.until("response.done")
        await line.greets("Please hold.")
        await line.quiet(30)
        assert [told.text for told in line.session.spoken] == ["Please hold."]


async def test_a_needless_cancel_does_not_end_the_wait_for_the_tool() -> None:
    async with calling(brain=ScriptBrain([CALL])) as line:
        await asks(line, static("tool"))
        await line.until("response.done")
        error = await line.refused("response.cancel")
        assert error["code"] == "response_cancel_not_active"
        await line.until(WORDS)
        assert interims(line) == [LOOK]


async def test_a_filler_that_is_cut_off_does_not_end_a_response_twice() -> None:
    switches = Switches(interim_shape="same_response")
    async with calling(brain=ScriptBrain([CALL]), switches=switches) as line:
        await asks(line, static("tool"))
        await line.until("response.audio.delta")
        line.forget()
        await line.send("response.cancel")
        done = await line.until("response.output_item.done")
        assert done["item"]["status"] == "incomplete"
        await line.quiet(5)
        assert line.events[-1] is done
