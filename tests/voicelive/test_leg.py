"""What the call says to a session arrives there, and what the session says is understood."""

import asyncio

import pytest
from azure.ai.voicelive.aio import VoiceLiveConnection
from azure.core.credentials import AzureKeyCredential

from bridge import Callflow
from bridge.audio.pcm import duration_ms
from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    ItemKept,
    ResponseEnded,
    ToolCalled,
    WordSounds,
)
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.voicelive.connection import VoiceLive
from bridge.voicelive.leg import VoiceLiveLeg

FLOW = Callflow(number="+18005550100")


def voices_of(service: VoiceLiveStandIn) -> VoiceLive:
    return VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), "2026-07-15")


async def test_what_the_caller_says_arrives_sample_for_sample(studio: Studio) -> None:
    frames = [bytes(range(n, n + 100)) for n in range(0, 150, 50)]
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        for frame in frames:
            await leg.hear(frame)
        await leg.remember("agent", "Hello.")
        async for event in leg.events():
            if isinstance(event, ItemKept):
                break
        (session,) = service.sessions
        assert bytes(session.audio_received) == b"".join(frames)


async def test_the_sdk_sends_text_of_a_client_event_as_it_is(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `hear` relies on; a change in the SDK would only cost time, and is to be noticed."""
    sent: list[str] = []
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        connection = leg._connection
        assert isinstance(connection, VoiceLiveConnection)
        send_str = connection._connection.send_str

        async def noted(text: str) -> None:
            sent.append(text)
            await send_str(text)

        monkeypatch.setattr(connection._connection, "send_str", noted)
        await leg.hear(b"\x01\x02")
    assert sent == ['{"type":"input_audio_buffer.append","audio":"AQI="}']


async def kept(leg: VoiceLiveLeg, count: int) -> None:
    """Listen until the conversation holds so many more items."""
    async for event in leg.events():
        count -= isinstance(event, ItemKept)
        if not count:
            return


async def test_what_was_said_is_remembered_by_who_said_it(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        await leg.remember("agent", "Hello, how can I help?")
        await leg.remember("caller", "Where is my order?")
        await leg.remember("line", "The line was interrupted.")
        await kept(leg, 3)
        assert [(item["type"], item["role"]) for item in service.sessions[0].items] == [
            ("message", "assistant"),
            ("message", "user"),
            ("message", "system"),
        ]
        assert [item["content"] for item in service.sessions[0].items] == [
            [{"type": "text", "text": "Hello, how can I help?"}],
            [{"type": "input_text", "text": "Where is my order?"}],
            [{"type": "input_text", "text": "The line was interrupted."}],
        ]


async def test_a_tool_that_was_called_is_recalled_with_its_output(studio: Studio) -> None:
    called = ToolCalled("resp_of_another_session", "call_1", "look_up", '{"order":"4711"}')
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        await leg.recall(called)
        await leg.give_output("call_1", "It left.")
        await kept(leg, 2)
        call, output = service.sessions[0].items
        assert call["type"] == "function_call"
        assert (call["call_id"], call["name"]) == ("call_1", "look_up")
        assert call["arguments"] == '{"order":"4711"}'
        assert output["type"] == "function_call_output"
        assert (output["call_id"], output["output"]) == ("call_1", "It left.")


@pytest.mark.parametrize("session_s", [600, 1_800])
async def test_it_is_known_when_the_session_will_expire(studio: Studio, session_s: int) -> None:
    await asyncio.sleep(1_000)
    switches = Switches(session_s=session_s)
    stand_in = VoiceLiveStandIn(studio, switches=switches)
    async with stand_in as service, voices_of(service).connect(FLOW) as leg:
        now_s = asyncio.get_running_loop().time()
        assert leg.expires_s - now_s == pytest.approx(session_s, abs=2)


async def test_where_words_have_times_they_lie_within_their_sound(studio: Studio) -> None:
    flow = Callflow(number=FLOW.number, raw={"output_audio_timestamp_types": ["word"]})
    said, sounds, audio = "", list[WordSounds](), b""
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(flow) as leg:
        await leg.say("Your order left on Monday.")
        async for event in leg.events():
            match event:
                case AgentSaid(text=text):
                    said += text
                case WordSounds():
                    sounds.append(event)
                case AgentAudio(pcm=pcm):
                    audio += pcm
                case ResponseEnded():
                    break
        rate_hz = leg.output_rate_hz
    assert said == "Your order left on Monday."
    assert [word.text for word in sounds] == ["Your", "order", "left", "on", "Monday"]
    times_ms = [word.at_ms for word in sounds]
    assert times_ms == sorted(times_ms)
    assert 0 <= times_ms[0] < times_ms[-1] < duration_ms(audio, rate_hz)
