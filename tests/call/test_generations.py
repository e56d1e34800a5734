"""How long responses take that a model is asked for, and what they use."""

import asyncio

import pytest

from bridge.call.events import AgentAudio, ResponseEnded, SpeechStarted, SpeechStopped, Tokens
from bridge.call.gate import STALLED_S, Gate
from bridge.call.record import Generation, Record
from tests.call.test_gate import Asked
from tests.call.test_gate_watch import watched

USED = Tokens(text_in=40, audio_in=60, cached_in=30, text_out=5, audio_out=20)


class Talk:
    """A gate, and a service that takes its time."""

    def __init__(self) -> None:
        self.record = Record()
        self.asked = Asked()
        self.respond = self.asked("respond")
        self.gate = Gate(self.respond, self.asked.cancel, self.asked.give_up, self.record)

    async def begins(self, name: str, request: str | None) -> None:
        await asyncio.sleep(0.3)
        self.gate.started(name, request)

    async def goes_on(self, name: str, status: str = "completed", tokens: Tokens = USED) -> None:
        """It sounds after 0.2 s, and ends a second later."""
        for pause_s in (0.2, 0.5):
            await asyncio.sleep(pause_s)
            self.gate.saw(AgentAudio(name, "i", b"\0\0"))
        await asyncio.sleep(0.5)
        await self.gate.ended(ResponseEnded(name, status, tokens=tokens))


@pytest.fixture
async def talk() -> Talk:
    return Talk()


async def test_one_that_was_asked_for_is_timed_from_when_it_was_sent(talk: Talk) -> None:
    talk.gate.started("before", None)
    await talk.gate.ask(talk.respond)
    await talk.goes_on("before")
    talk.record.generations.clear()
    await talk.begins("r", "respond")
    await talk.goes_on("r")
    assert talk.record.generations == [Generation(1_500, 500, "completed", 100, 25)]


async def test_the_services_own_is_timed_from_the_callers_last_word(talk: Talk) -> None:
    talk.gate.saw(SpeechStarted())
    await asyncio.sleep(2)
    talk.gate.saw(SpeechStopped())
    await talk.begins("own", None)
    await talk.goes_on("own", "cancelled")
    assert talk.record.generations == [Generation(1_500, 500, "cancelled", 100, 25)]


async def test_what_begins_while_the_caller_speaks_is_timed_from_its_beginning(talk: Talk) -> None:
    talk.gate.saw(SpeechStarted())
    talk.gate.saw(SpeechStopped())
    await asyncio.sleep(9)
    talk.gate.saw(SpeechStarted())
    await talk.begins("own", None)
    await talk.goes_on("own")
    assert talk.record.generations == [Generation(1_200, 200, "completed", 100, 25)]


async def test_one_that_calls_a_tool_has_no_first_sound(talk: Talk) -> None:
    await talk.gate.ask(talk.respond)
    await talk.begins("r", "respond")
    await talk.gate.ended(ResponseEnded("r", "completed", tokens=USED))
    assert talk.record.generations == [Generation(300, None, "completed", 100, 25)]


@pytest.mark.parametrize(("tokens", "count"), [(Tokens(audio_out=20), 0), (USED, 1)])
async def test_fixed_words_are_one_only_where_a_model_reads_them(
    tokens: Tokens, count: int, talk: Talk
) -> None:
    await talk.gate.ask(talk.asked("greeting"))
    await talk.begins("r", "greeting")
    await talk.goes_on("r", tokens=tokens)
    assert len(talk.record.generations) == count


async def test_one_that_stalls_is_over_when_it_is_given_up() -> None:
    async with watched(Asked()) as (gate, _, record, _):
        gate.started("stuck", None)
        await asyncio.sleep(STALLED_S + 1)
    took_ms = round(STALLED_S * 1000)
    assert record.generations == [Generation(took_ms, None, "timeout", 0, 0)]
