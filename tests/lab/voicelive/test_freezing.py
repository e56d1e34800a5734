"""A service whose process stands still: its sockets stay open, and nothing comes from them."""

import asyncio

import pytest
from azure.ai.voicelive.aio import ConnectionClosed

from tests.lab.voicelive.line import calling

LONG = "There are many things to say about this order, and I shall say them one after the other."
PING_S = 30
"""How often the SDK's client pings; it waits half as long for the pong."""


async def test_a_frozen_service_sends_nothing_more_of_what_it_was_saying() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        line.session.freezes()
        line.forget()
        await line.quiet(20)
        assert set(line.kinds()) <= {"response.audio_transcript.delta"}, "on its way already"
        line.session.thaws()
        assert (await line.until("response.done"))["response"]["status"] == "completed"
        assert line.session.spoken[0].text == LONG


async def test_a_frozen_service_reads_nothing_until_it_thaws() -> None:
    async with calling() as line:
        await line.configure()
        line.session.freezes()
        line.forget()
        await line.writes("Hello?")
        await line.send("response.create")
        await line.quiet(20)
        assert not line.events
        assert [event["type"] for event in line.session.received] == ["session.update"]
        line.session.thaws()
        await line.until("response.done")


async def test_a_frozen_service_does_not_even_answer_pings() -> None:
    async with calling() as line:
        await line.configure()
        line.session.freezes()
        frozen_s = asyncio.get_running_loop().time()
        with pytest.raises(ConnectionClosed):
            await line.until("session.updated")
        waited_s = asyncio.get_running_loop().time() - frozen_s
        assert waited_s == pytest.approx(1.5 * PING_S, abs=2)
        assert line.session.open


async def test_a_service_that_has_nothing_to_say_answers_pings() -> None:
    async with calling() as line:
        await line.configure()
        await line.quiet(4 * PING_S)
        await line.configure()


async def test_a_frozen_service_can_lose_the_connection() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        line.session.freezes()
        await line.session.drops()
        with pytest.raises(ConnectionClosed):
            await line.until("response.done")
        assert not line.session.open


async def test_a_frozen_service_thaws_to_close() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        line.session.freezes()
        async with asyncio.TaskGroup() as both:
            both.create_task(line.session.closes(1011))
            with pytest.raises(ConnectionClosed) as closed:
                await line.until("response.done")
        assert closed.value.code == 1011


async def test_a_client_may_leave_a_frozen_service() -> None:
    async with calling() as line:
        await line.greets(LONG)
        await line.until("response.audio.delta")
        line.session.freezes()


async def test_another_session_goes_on_while_one_is_frozen() -> None:
    async with calling() as line, line.again() as other:
        await other.configure()
        line.service.sessions[0].freezes()
        await other.greets(LONG)
        assert (await other.until("response.done"))["response"]["status"] == "completed"
