"""A session that is lost is replaced, and the next one knows what was said."""

import asyncio
from typing import Any

import pytest

from bridge import Callflow, Limits
from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    CallerSaid,
    ItemKept,
    ResponseEnded,
    ToolCalled,
    VoiceRenewed,
)
from bridge.call.lasting import LastingVoice
from bridge.call.legs import VoiceRefused, VoiceUnreachable
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from tests.call.sessions import FLOW, GOES_ON, Notes, now_s, talking, text_of, voices_of

CALLED = ToolCalled("r", "call_1", "look_up", '{"order":"4711"}')


def notes_of_a_call() -> Notes:
    notes = Notes()
    notes.transcript.clip("Hello, how can I help?", 1_500, "agent")
    notes.transcript.saw(CallerSaid("Where is order 4711?"), 24_000)
    notes.transcript.clip("One moment.", 800)
    notes.transcript.saw(CALLED, 24_000)
    notes.transcript.output("call_1", "It left.")
    return notes


TOLD = [
    ("assistant", "Hello, how can I help?"),
    ("user", "Where is order 4711?"),
    ("function_call", '{"order":"4711"}'),
    ("function_call_output", "It left."),
]


@pytest.mark.parametrize("how", ["drops", "closes", "freezes"])
async def test_a_session_that_was_lost_is_replaced_by_one_that_knows_what_was_said(
    studio: Studio, how: str
) -> None:
    async with talking(studio, notes=notes_of_a_call()) as talk:
        assert await talk.told() == TOLD, "the first session knows of the clips before it"
        lost_s = now_s()
        match how:
            case "drops":
                await talk.session.drops()
            case "closes":
                await talk.session.closes(1011)
            case _:
                talk.session.freezes()
        await talk.until(VoiceRenewed)
        assert now_s() - lost_s < (5 if how == "freezes" else 0.5)
        assert len(talk.service.sessions) == 2
        assert await talk.told() == TOLD
        note = [item for item in talk.session.items if text_of(item).startswith(GOES_ON)]
        assert [item["role"] for item in note] == ["system"]
        assert (talk.record.reconnects, talk.record.refreshes) == (1, 0)
        assert not talk.voice.is_down


async def test_events_go_on_after_a_loss_and_what_is_asked_for_is_said(studio: Studio) -> None:
    async with talking(studio) as talk:
        await talk.voice.say("There is a lot that I can tell you about your order.")
        await talk.until(AgentAudio)
        await talk.session.drops()
        await talk.until(VoiceRenewed)
        request = await talk.voice.say("Your order left on Monday.")
        assert request
        item = (await talk.until(AgentAudio)).item_id
        assert (await talk.until(AgentSaid)).item_id == item
        await talk.until(ResponseEnded)
        assert [line.text for line in talk.session.spoken] == ["Your order left on Monday."]


async def test_what_is_sent_while_there_is_no_session_is_lost_without_an_error(
    studio: Studio,
) -> None:
    async with talking(studio) as talk:
        talk.meets(handshake_s=2)
        await talk.session.drops()
        await talk.voice.down()
        voice = talk.voice
        assert [await voice.say("a"), await voice.respond(), await voice.improvise("b", 9)] == [
            ""
        ] * 3
        await voice.cancel("resp_1")
        await voice.forget("item_1")
        await voice.truncate("item_1", 5)
        await voice.remember("agent", "c")
        await voice.recall(CALLED)
        assert voice.is_down
        await talk.until(VoiceRenewed)
        assert await talk.told() == []
        kinds = [event["type"] for event in talk.session.received]
        assert kinds == ["session.update", *["conversation.item.create"] * 2]


async def test_a_tool_that_ends_while_there_is_no_session_is_known_to_the_next(
    studio: Studio,
) -> None:
    async with talking(studio) as talk:
        talk.transcript.saw(CALLED, 24_000)
        talk.meets(handshake_s=2)
        await talk.session.drops()
        await talk.voice.down()
        await talk.voice.give_output("call_1", "It left.")
        await talk.until(VoiceRenewed)
        assert await talk.told() == TOLD[2:]


async def test_a_tool_that_ends_later_can_tell_the_next_session(studio: Studio) -> None:
    async with talking(studio) as talk:
        talk.transcript.saw(CALLED, 24_000)
        await talk.session.drops()
        await talk.until(VoiceRenewed)
        await talk.voice.give_output("call_1", "It left.")
        assert await talk.told() == TOLD[2:]


async def test_the_callers_voice_waits_for_the_next_session(studio: Studio) -> None:
    frames = [bytes([number] * 960) for number in range(1, 4)]
    async with talking(studio) as talk:
        talk.meets(handshake_s=2)
        await talk.session.drops()
        await talk.voice.down()
        lost_s = now_s()
        for frame in frames:
            await talk.voice.hear(frame)
        assert now_s() - lost_s == pytest.approx(2, abs=0.5)
        await talk.told()
        assert bytes(talk.session.audio_received) == b"".join(frames)


async def test_a_voice_that_speaks_into_the_loss_is_heard_by_the_next_session(
    studio: Studio,
) -> None:
    """Whoever sends may notice the loss before whoever listens."""
    async with talking(studio) as talk:
        await talk.session.drops()
        for _ in range(20):
            await talk.voice.hear(bytes(960))
        frame = b"\x01" * 960
        await talk.until(VoiceRenewed)
        await talk.voice.hear(frame)
        await talk.told()
        assert bytes(talk.session.audio_received).endswith(frame)


FAULTS = [{"handshake": 500}, {"handshake": 429}, {"handshake_s": 60}, {"no_session_updated": True}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_at_the_beginning_attempts_stop_after_eight_seconds(
    studio: Studio, fault: dict[str, Any]
) -> None:
    notes = Notes()
    async with VoiceLiveStandIn(studio, switches=Switches(**fault)) as service:
        began_s = now_s()
        with pytest.raises(VoiceUnreachable):
            async with LastingVoice(voices_of(service), FLOW, notes.transcript, notes.record):
                pass
        assert now_s() - began_s == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_after_a_loss_attempts_stop_after_eight_seconds(
    studio: Studio, fault: dict[str, Any]
) -> None:
    async with talking(studio) as talk:
        talk.meets(**fault)
        await talk.session.drops()
        await asyncio.sleep(7.8)
        assert talk.lost is None
        await asyncio.sleep(0.4)
        assert talk.lost is not None
        assert ", then " in talk.lost
        assert talk.voice.is_down


async def test_a_service_that_is_there_again_in_time_is_found(studio: Studio) -> None:
    async with talking(studio) as talk:
        talk.meets(handshake=500)
        await talk.session.drops()
        await asyncio.sleep(5)
        assert talk.voice.is_down
        talk.meets()
        await talk.until(VoiceRenewed)
        assert talk.record.reconnects == 1


async def test_a_refused_session_is_not_tried_for_again(studio: Studio) -> None:
    began_s = now_s()
    with pytest.raises(VoiceRefused, match="401"):
        async with talking(studio, handshake=401):
            pass
    with pytest.raises(VoiceRefused, match="server_error"):
        async with talking(studio, error_instead_of_updated=True):
            pass
    assert now_s() - began_s < 0.5


async def test_a_session_that_is_refused_after_a_loss_is_not_tried_for_again(
    studio: Studio,
) -> None:
    async with talking(studio) as talk:
        talk.meets(handshake=403)
        await talk.session.drops()
        await asyncio.sleep(0.3)
        assert talk.lost is not None
        assert talk.lost.endswith("403")


@pytest.mark.parametrize("most", [0, 1, 2])
async def test_a_call_has_only_so_many_sessions(studio: Studio, most: int) -> None:
    flow = Callflow(number=FLOW.number, limits=Limits(most_reconnects=most))
    async with talking(studio, flow=flow) as talk:
        for _ in range(most):
            await talk.session.drops()
            await talk.until(VoiceRenewed)
        await talk.session.drops()
        await asyncio.sleep(0.1)
        assert talk.lost is not None
        assert len(talk.service.sessions) == most + 1
        assert talk.record.reconnects == most


async def test_leaving_closes_the_session_at_hand(studio: Studio) -> None:
    async with talking(studio) as talk:
        await talk.session.drops()
        await talk.until(VoiceRenewed)
        await talk.voice.remember("agent", "Hello.")
        await talk.until(ItemKept)
        last = talk.session
        assert last.open
    assert not last.open
