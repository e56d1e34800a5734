import pytest

from bridge.audio.pcm import duration_ms
from bridge.lab.voicelive import ScriptBrain, Switches, Thought
from tests.lab.voicelive.line import calling

LONG = "There are many things to say about this order, and I shall say them one after the other."


async def test_the_client_may_cancel_a_response() -> None:
    async with calling() as line:
        error = await line.refused("response.cancel")
        assert error["code"] == "response_cancel_not_active"
        await line.greets(LONG)
        await line.until("response.audio.delta")
        await line.send("response.cancel")
        done = (await line.until("response.done"))["response"]
        assert done["status"] == "cancelled"
        assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}


async def test_a_response_may_be_cancelled_before_it_has_said_anything() -> None:
    async with calling(brain=ScriptBrain([Thought("Yes.")])) as line:
        await line.writes("Ready?")
        await line.send("response.create")
        await line.until("response.created")
        await line.send("response.cancel")
        assert (await line.until("response.done"))["response"]["output"] == []


INTERRUPTED = [
    "input_audio_buffer.speech_started",
    "response.audio.done",
    "response.audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]


async def test_a_caller_who_barges_in_cancels_the_response() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta", times=3)
        line.forget()
        await line.append((await line.voice("Can you help me?"))[:60_000])
        done = (await line.until("response.done"))["response"]
        kinds = line.kinds()
        assert kinds[kinds.index(INTERRUPTED[0]) :] == INTERRUPTED
        assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        (item,) = done["output"]
        heard = item["content"][0]["transcript"]
        assert item["status"] == "incomplete"
        assert LONG.startswith(heard)
        assert 0 < len(heard) < len(LONG)
        assert line.session.spoken[0].text == heard
        await line.quiet(5)
        assert line.kinds()[-1] == "response.done"


async def test_nothing_is_cancelled_once_all_was_sent() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.done")
        line.forget()
        await line.append((await line.voice("Can you help me?"))[:60_000])
        await line.quiet(1)
        assert line.kinds() == ["input_audio_buffer.speech_started"]


@pytest.mark.parametrize("after_done", [False, True])
async def test_the_service_can_truncate_what_was_not_heard(*, after_done: bool) -> None:
    switches = Switches(truncated_after_done=after_done)
    async with calling(switches=switches) as line:
        await line.configure(turn_detection={"type": "server_vad", "auto_truncate": True})
        await line.greets(LONG)
        await line.until("response.audio.delta", times=6)
        await line.append((await line.voice("Can you help me?"))[:60_000])
        await line.quiet(1)
        order = ["conversation.item.truncated", "response.done"]
        assert line.kinds()[-2:] == (order[::-1] if after_done else order)
        (cut,) = line.all("conversation.item.truncated")
        assert cut["item_id"] == line.session.items[0]["id"]
        played_ms = 1000 * (line.at("conversation.item.truncated") - line.session.spoken[0].at_s)
        assert cut["audio_end_ms"] == pytest.approx(played_ms, abs=5)
        transcript = line.session.items[0]["content"][0]["transcript"]
        assert len(transcript) < len(line.session.spoken[0].text)


async def test_a_line_that_was_all_sent_is_truncated_while_it_would_still_play() -> None:
    async with calling() as line:
        await line.configure(turn_detection={"type": "server_vad", "auto_truncate": True})
        await line.append(await line.voice("Can you help me?"))
        await line.until("response.done")
        await line.greets(LONG)
        await line.until("response.done")
        await line.append(await line.voice("Can you help me?"))
        await line.until("conversation.item.truncated")
        await line.quiet(60)
        await line.append(await line.voice("Can you help me?"))
        await line.quiet(60)
        assert len(line.all("conversation.item.truncated")) == 1


async def test_nothing_is_truncated_before_anything_was_said() -> None:
    async with calling() as line:
        await line.configure(turn_detection={"type": "server_vad", "auto_truncate": True})
        await line.says("Can you help me?")
        await line.until("response.done")
        assert not line.all("conversation.item.truncated")


async def test_the_client_truncates_to_what_was_played() -> None:
    async with calling() as line:
        await line.greets(LONG)
        item = (await line.until("response.done"))["response"]["output"][0]
        played_ms = int(duration_ms(line.session.spoken[0].pcm, 24_000) / 2) + 1
        where = {"item_id": item["id"], "content_index": 0, "audio_end_ms": played_ms}
        await line.send("conversation.item.truncate", **where)
        truncated = await line.until("conversation.item.truncated")
        assert {key: truncated[key] for key in where} == where
        (kept,) = line.session.items
        assert kept["content"][0]["transcript"].split() == LONG.split()[: len(LONG.split()) // 2]
