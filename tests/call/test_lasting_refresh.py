"""A session is replaced before it expires, in a pause; and one that is of no use, at once."""

import asyncio
import audioop
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge import Callflow
from bridge.audio.pcm import SAMPLE_BYTES
from bridge.call.events import (
    AgentAudio,
    CallerSaid,
    ItemKept,
    ResponseEnded,
    VoiceRenewed,
)
from bridge.call.lasting import EARLY_S
from bridge.call.silent import SILENT_PEAK
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.voicelive.leg import VoiceLiveLeg
from tests.call.sessions import Talk, now_s, talking, voices_of

SESSION_S = 300


class Line:
    """Whether anybody has something to say just now."""

    is_quiet = True

    def is_pause(self) -> bool:
        return self.is_quiet


@asynccontextmanager
async def kept_fresh(studio: Studio) -> AsyncIterator[tuple[Talk, Line]]:
    line = Line()
    async with talking(studio, session_s=SESSION_S) as talk:
        refreshing = asyncio.create_task(talk.voice.stay_fresh(line.is_pause))
        try:
            yield talk, line
        finally:
            refreshing.cancel()
            await asyncio.wait([refreshing])


async def test_a_session_is_handed_over_in_the_first_pause_of_its_last_two_minutes(
    studio: Studio,
) -> None:
    async with kept_fresh(studio) as (talk, line):
        talk.transcript.clip("Hello.", 500, "agent")
        await asyncio.sleep(SESSION_S - EARLY_S - 5)
        assert len(talk.service.sessions) == 1, "too early, though nobody speaks"
        line.is_quiet = False
        await asyncio.sleep(60)
        assert len(talk.service.sessions) == 1, "somebody speaks"
        line.is_quiet = True
        began_s = now_s()
        await talk.until(VoiceRenewed)
        assert now_s() - began_s < 2
        old, fresh = talk.service.sessions
        await old.ended()
        assert not old.open
        assert fresh.open
        assert await talk.told() == [("assistant", "Hello.")]
        assert (talk.record.refreshes, talk.record.reconnects) == (1, 0)
        assert not talk.voice.is_down


async def test_the_next_session_is_handed_over_in_its_turn(studio: Studio) -> None:
    async with kept_fresh(studio) as (talk, _):
        await asyncio.sleep(4 * SESSION_S)
        assert talk.lost is None
        assert talk.record.reconnects == 0
        assert talk.record.refreshes >= 4
        assert [session.open for session in talk.service.sessions[:-1]] == [False] * (
            len(talk.service.sessions) - 1
        )


async def test_a_pause_for_breath_is_no_pause(studio: Studio) -> None:
    async with kept_fresh(studio) as (talk, line):
        line.is_quiet = False
        await asyncio.sleep(SESSION_S - EARLY_S)
        for _ in range(50):
            line.is_quiet = True
            await asyncio.sleep(0.4)
            line.is_quiet = False
            await asyncio.sleep(0.7)
        assert len(talk.service.sessions) == 1


@pytest.mark.parametrize("how", ["speaks", "was heard"])
async def test_who_speaks_while_the_next_session_is_connected_is_not_torn_away(
    studio: Studio, how: str
) -> None:
    async with kept_fresh(studio) as (talk, line):
        await asyncio.sleep(SESSION_S - EARLY_S - 5)
        talk.meets(handshake_s=3, session_s=SESSION_S)
        await asyncio.sleep(5 + 1 + 2)
        if how == "speaks":
            line.is_quiet = False
        else:
            talk.transcript.saw(CallerSaid("Wait."), 24_000)
        await asyncio.sleep(2)
        first, second = talk.service.sessions
        await second.ended()
        assert first.open
        line.is_quiet = True
        await talk.until(VoiceRenewed)
        await first.ended()
        assert len(talk.service.sessions) == 3


async def test_where_no_other_session_can_be_had_the_old_one_goes_on(studio: Studio) -> None:
    async with kept_fresh(studio) as (talk, _):
        talk.meets(handshake=500)
        await asyncio.sleep(SESSION_S - 10)
        assert talk.record.refreshes == 0
        assert not talk.voice.is_down
        await talk.voice.say("I am still here.")
        await talk.until(AgentAudio)
        talk.meets(session_s=SESSION_S)
        await talk.until(VoiceRenewed)
        assert (talk.record.refreshes, talk.record.reconnects) == (1, 0)


async def test_a_session_that_expires_in_the_middle_of_a_word_is_replaced_like_a_lost_one(
    studio: Studio,
) -> None:
    async with kept_fresh(studio) as (talk, line):
        line.is_quiet = False
        await talk.until(VoiceRenewed)
        assert now_s() == pytest.approx(SESSION_S, abs=1)
        assert (talk.record.refreshes, talk.record.reconnects) == (0, 1)


async def test_the_callers_voice_goes_on_over_the_hand_over(studio: Studio) -> None:
    async with kept_fresh(studio) as (talk, _):
        await asyncio.sleep(SESSION_S - EARLY_S - 1)
        for _ in range(200):
            await talk.voice.hear(b"\x01" * 960)
            await asyncio.sleep(0.02)
        old, fresh = talk.service.sessions
        await talk.told()
        assert len(old.audio_received) + len(fresh.audio_received) == 200 * 960


async def test_a_session_that_is_given_up_is_replaced(studio: Studio) -> None:
    async with talking(studio) as talk:
        await talk.voice.remember("agent", "Hello.")
        await talk.until(ItemKept)
        await talk.voice.give_up("no response")
        await talk.until(VoiceRenewed)
        old, fresh = talk.service.sessions
        assert not old.open
        assert fresh.open
        assert not talk.voice.is_down
        assert talk.record.reconnects == 1


async def test_where_the_next_session_is_of_no_use_either_all_is_lost(studio: Studio) -> None:
    async with talking(studio) as talk:
        await talk.voice.give_up("no response")
        await talk.until(VoiceRenewed)
        await talk.voice.give_up("still no response")
        await asyncio.sleep(0.1)
        assert talk.lost == "still no response"
        assert len(talk.service.sessions) == 2


async def test_a_session_that_spoke_is_given_another_chance(studio: Studio) -> None:
    async with talking(studio) as talk:
        for _ in range(2):
            await talk.voice.give_up("no response")
            await talk.until(VoiceRenewed)
            await talk.voice.say("Here I am.")
            await talk.until(ResponseEnded)
            talk.voice.is_of_use()
        assert talk.lost is None
        assert len(talk.service.sessions) == 3


@pytest.mark.parametrize("how", ["freezes", "drops"])
async def test_it_is_known_whether_the_lost_session_had_been_silent(
    studio: Studio, how: str
) -> None:
    async with talking(studio) as talk:
        if how == "freezes":
            talk.session.freezes()
        else:
            await talk.session.drops()
        await talk.until(VoiceRenewed)
        assert talk.voice.was_frozen == (how == "freezes")


class LosesItsSecondSession:
    """Voice Live, whose second session is lost between its setting up and its first word."""

    def __init__(self, service: VoiceLiveStandIn) -> None:
        self._service = service
        self._voices = voices_of(service)
        self._count = 0

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLiveLeg]:
        async with self._voices.connect(flow) as leg:
            self._count += 1
            if self._count == 2:
                await self._service.sessions[-1].drops()
                await asyncio.sleep(0.1)
            yield leg


async def test_a_session_lost_before_its_first_word_is_replaced_like_any_other(
    studio: Studio,
) -> None:
    async with talking(studio, voices=LosesItsSecondSession) as talk:
        await talk.session.drops()
        await asyncio.sleep(5)
        assert talk.lost is None
        assert len(talk.service.sessions) == 3


async def test_silence_is_no_sign_that_the_next_session_is_of_use(studio: Studio) -> None:
    async with talking(studio, near_silent=1) as talk:
        talk.transcript.saw(CallerSaid("Where is my order?"), 24_000)
        await talk.voice.give_up("no answer holds speech")
        await talk.until(VoiceRenewed)
        await talk.voice.respond()
        sound = await talk.until(AgentAudio)
        assert audioop.max(sound.pcm, SAMPLE_BYTES) <= SILENT_PEAK
        await talk.until(ResponseEnded)
        await talk.voice.give_up("no answer holds speech")
        await asyncio.sleep(1)
        assert talk.lost == "no answer holds speech"
