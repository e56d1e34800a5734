import asyncio
import audioop
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp
import pytest
from azure.ai.voicelive.aio import ConnectionClosed

from bridge.audio.pcm import duration_ms
from bridge.lab.speech import Studio
from bridge.lab.voicelive import ScriptBrain, Session, Switches, Thought, ToolCall, VoiceLiveStandIn
from tests.lab.voicelive.line import calling

LONG = "There are many things to say about this order, and I shall say them one after the other."


async def test_a_session_ends_when_its_time_is_up() -> None:
    async with calling(switches=Switches(session_s=90)) as line:
        await line.next()
        assert (await line.until("error"))["error"]["code"] == "session_expired"
        assert line.times_s[1] - line.times_s[0] == pytest.approx(90, abs=0.1)
        with pytest.raises(ConnectionClosed) as closed:
            await line.next()
        assert closed.value.code == 1001


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011])
async def test_the_service_can_close_in_the_middle_of_a_response(code: int) -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        async with asyncio.TaskGroup() as both:
            both.create_task(line.session.closes(code))
            with pytest.raises(ConnectionClosed) as closed:
                await line.until("response.done")
        assert closed.value.code == code
        assert not line.session.open


async def test_the_line_can_drop_during_a_tool() -> None:
    brain = ScriptBrain([Thought(calls=(ToolCall("look", {}),))])
    async with calling(brain=brain) as line:
        await line.writes("Look it up.")
        await line.send("response.create")
        await line.until("response.done")
        await line.session.drops()
        with pytest.raises(ConnectionClosed):
            await line.next()
        assert not line.session.open
        await line.session.drops()


async def test_a_client_may_leave_in_the_middle_of_everything() -> None:
    async with calling() as line:
        await line.append(await line.voice("Can you help me?"))
        await line.until("input_audio_buffer.committed")
        await line.greets(LONG)
        await line.until("response.created")


@asynccontextmanager
async def without_sdk() -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, Session]]:
    """A client that can do what the SDK never would."""
    async with VoiceLiveStandIn(Studio()) as service, aiohttp.ClientSession() as web:
        query = {"api-version": "2026-07-15", "model": "gpt-4.1", "api-key": service.api_key}
        async with web.ws_connect(f"{service.endpoint}/voice-live/realtime", params=query) as ws:
            await ws.receive_json()
            yield ws, service.sessions[0]


async def test_a_client_may_vanish_while_it_is_spoken_to(caplog: pytest.LogCaptureFixture) -> None:
    async with without_sdk() as (ws, session):
        ws.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        await session.plays(bytes(480_000))
        assert not session.spoken
    assert not session.open
    assert not caplog.records


async def test_a_frame_that_is_no_json_is_refused_and_a_binary_one_ignored() -> None:
    async with without_sdk() as (ws, session):
        await ws.send_bytes(b"0")
        await ws.send_str("{")
        error = (await ws.receive_json())["error"]
        assert error["code"] == "invalid_session_update_message"
        assert not session.received


async def test_the_service_can_send_anything() -> None:
    async with calling() as line:
        await line.next()
        await line.session.sends({"type": "warning", "warning": {"message": "Beware."}})
        assert (await line.next())["type"] == "warning"
        await line.session.sends("{")
        with pytest.raises(json.JSONDecodeError):
            await line.next()


async def test_an_audio_delta_can_end_within_a_sample() -> None:
    async with calling(switches=Switches(odd_bytes=True)) as line:
        await line.greets(LONG)
        await line.until("response.done")
        deltas = [base64.b64decode(e["delta"]) for e in line.all("response.audio.delta")]
        assert len(deltas[0]) % 2 == 1
        assert line.studio.transcribe(b"".join(deltas), 24_000) == LONG


async def test_the_first_answers_can_be_nearly_without_sound() -> None:
    brain = ScriptBrain([Thought(say=LONG)] * 2)
    async with calling(brain=brain, switches=Switches(near_silent=1)) as line:
        await line.greets("Hello.")
        await line.until("response.done")
        for _ in range(2):
            await line.writes("Tell me.")
            await line.send("response.create")
            await line.until("response.done")
        greeting, silent, audible = line.session.spoken
        assert audioop.max(greeting.pcm, 2) > 1_000
        assert 0 < audioop.max(silent.pcm, 2) < 100
        assert audioop.max(audible.pcm, 2) > 1_000
        assert len(silent.pcm) == pytest.approx(len(audible.pcm), rel=0.1)
        said = [e["transcript"] for e in line.all("response.audio_transcript.done")]
        assert said == ["Hello.", LONG, LONG]


async def test_the_first_delta_can_be_late() -> None:
    switches = Switches(stall_before_first_delta_s=10)
    async with calling(switches=switches) as line:
        await line.greets("Hello.")
        await line.until("response.done")
        first = "response.audio_transcript.delta"
        assert line.at(first) - line.at("response.content_part.added") == pytest.approx(10)


async def test_audio_can_come_after_a_response_was_cancelled() -> None:
    async with calling(switches=Switches(late_delta_after_cancel=True)) as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        await line.send("response.cancel")
        done = (await line.until("response.done"))["response"]
        late = await line.next()
        assert late["type"] == "response.audio.delta"
        assert (late["response_id"], late["item_id"]) == (done["id"], done["output"][0]["id"])


async def test_no_audio_comes_late_where_none_came_at_all() -> None:
    async with calling(switches=Switches(late_delta_after_cancel=True)) as line:
        await line.writes("Hello.")
        await line.send("response.create")
        await line.until("response.created")
        await line.send("response.cancel")
        await line.until("response.done")
        await line.quiet(1)
        assert line.kinds()[-1] == "response.done"


async def test_an_error_can_end_a_response() -> None:
    async with calling(switches=Switches(error_without_done=True)) as line:
        for _ in range(2):
            await line.greets("Hello.")
            assert (await line.until("error"))["error"]["type"] == "server_error"
        await line.quiet(5)
        assert not line.all("response.done")


async def test_undocumented_events_and_keys_can_be_everywhere() -> None:
    async with calling(switches=Switches(extra_events=True)) as line:
        await line.greets("Hello.")
        await line.until("response.done")
        assert {"rate_limits.updated", "response.server_timing"} <= set(line.kinds())
        assert all("x_unknown" in event for event in line.events)


@pytest.mark.parametrize(("factor", "delta_ms"), [(5, 400), (17, 100), (0.5, 400)])
async def test_the_pace_of_audio_can_be_chosen(factor: float, delta_ms: int) -> None:
    async with calling(switches=Switches(delta_factor=factor, delta_ms=delta_ms)) as line:
        await line.greets(LONG)
        await line.until("response.done")
        deltas = line.all("response.audio.delta")
        assert len(base64.b64decode(deltas[0]["delta"])) == delta_ms * 48
        took_s = line.at("response.audio.done") - line.at("response.audio.delta")
        assert took_s == pytest.approx((len(deltas) - 1) * delta_ms / 1000 / factor, abs=0.01)


async def test_audio_can_come_slower_than_it_plays() -> None:
    async with calling(switches=Switches(delta_factor=0.5)) as line:
        await line.greets(LONG)
        await line.until("response.done")
        (told,) = line.session.spoken
        sending_s = line.at("response.audio.done") - told.at_s
        assert sending_s > 1.5 * duration_ms(told.pcm, 24_000) / 1000
        assert line.studio.transcribe(told.pcm, 24_000) == LONG


async def test_audio_can_stop_in_the_middle_of_a_line_and_go_on() -> None:
    async with calling(switches=Switches(stall_in_item_s=7)) as line:
        for _ in range(2):
            line.forget()
            await line.greets(LONG)
            await line.until("response.done")
            kinds = [event["type"] for event in line.events]
            times_s = [
                at_s
                for kind, at_s in zip(kinds, line.times_s, strict=True)
                if kind == "response.audio.delta"
            ]
            gaps_s = [after - before for before, after in pairwise(times_s)]
            assert max(gaps_s) == pytest.approx(7.05, abs=0.01)
            assert gaps_s.index(max(gaps_s)) == pytest.approx(len(gaps_s) / 2, abs=1)
            assert sorted(gaps_s)[-2] < 0.1


async def test_a_line_of_one_delta_has_no_middle_to_stop_in() -> None:
    async with calling(switches=Switches(stall_in_item_s=60, delta_ms=5000)) as line:
        await line.greets("Hello.")
        await line.until("response.done")
        assert line.at("response.done") - line.at("response.created") < 2
