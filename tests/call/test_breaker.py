"""The circuit opens after three failures in a row, and the first success closes it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridge import Callflow
from bridge.call.breaker import FAILURES, OPEN_S, TRY_S, WITHIN_S, Breaker
from bridge.call.legs import VoiceRefused, VoiceUnreachable
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from tests.call.sessions import voices_of

FLOW = Callflow(number="+18005550100")
GONE = Switches(handshake=503)


@pytest.fixture
async def service(studio: Studio) -> AsyncIterator[VoiceLiveStandIn]:
    async with VoiceLiveStandIn(studio) as running:
        yield running


async def attempt(breaker: Breaker) -> str:
    """Connect and leave again; what became of it."""
    try:
        async with breaker.connect(FLOW) as leg:
            assert leg.output_rate_hz
    except (VoiceUnreachable, VoiceRefused) as error:
        return str(error)
    return "connected"


async def opened(service: VoiceLiveStandIn, switches: Switches = GONE) -> Breaker:
    breaker = Breaker(voices_of(service))
    service.switches = switches
    for _ in range(FAILURES):
        assert not breaker.is_open
        assert breaker.lets_through()
        await attempt(breaker)
    assert breaker.is_open
    assert not breaker.lets_through()
    return breaker


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_three_attempts_that_nobody_answers_open_it(
    service: VoiceLiveStandIn, status: int
) -> None:
    breaker = await opened(service, Switches(handshake=status))
    service.switches = Switches()
    assert await attempt(breaker) == "circuit open"
    assert service.sessions == [], "the service was left alone"


@pytest.mark.parametrize(
    "switches", [Switches(error_instead_of_updated=True), Switches(handshake=404)]
)
async def test_the_refusal_of_a_flow_does_not_open_it(
    service: VoiceLiveStandIn, switches: Switches
) -> None:
    breaker = Breaker(voices_of(service))
    service.switches = GONE
    for _ in range(FAILURES - 1):
        await attempt(breaker)
    service.switches = switches
    await attempt(breaker)
    service.switches = GONE
    await attempt(breaker)
    assert not breaker.is_open


async def test_a_success_in_between_does_not_open_it(service: VoiceLiveStandIn) -> None:
    breaker = Breaker(voices_of(service))
    for switches in (GONE, GONE, Switches(), GONE, GONE):
        service.switches = switches
        await attempt(breaker)
    assert not breaker.is_open


async def test_failures_far_apart_do_not_open_it(service: VoiceLiveStandIn) -> None:
    breaker = Breaker(voices_of(service))
    service.switches = GONE
    for _ in range(4):
        await attempt(breaker)
        await asyncio.sleep(WITHIN_S / 2 + 1)
    assert not breaker.is_open


async def test_an_attempt_that_was_given_up_says_nothing(service: VoiceLiveStandIn) -> None:
    breaker = Breaker(voices_of(service))
    service.switches = Switches(handshake_s=4)
    for _ in range(FAILURES):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await attempt(breaker)
    assert not breaker.is_open


async def test_one_new_call_at_a_time_may_try(service: VoiceLiveStandIn) -> None:
    breaker = await opened(service)
    await asyncio.sleep(OPEN_S)
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    await attempt(breaker)
    assert breaker.is_open
    await asyncio.sleep(OPEN_S - 1)
    assert not breaker.lets_through()
    await asyncio.sleep(1)
    assert breaker.lets_through()
    service.switches = Switches()
    assert await attempt(breaker) == "connected"
    assert not breaker.is_open
    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]


async def test_calls_in_progress_try_together_once_a_second(service: VoiceLiveStandIn) -> None:
    breaker = await opened(service)
    await asyncio.sleep(TRY_S)
    service.switches = Switches(handshake_s=2)
    tried = await asyncio.gather(*(attempt(breaker) for _ in range(3)))
    assert sorted(tried) == ["circuit open", "circuit open", "connected"]
    assert not breaker.is_open


async def test_what_happens_in_a_session_is_no_matter_of_connecting(
    service: VoiceLiveStandIn,
) -> None:
    breaker = Breaker(voices_of(service))
    for _ in range(FAILURES):
        with pytest.raises(VoiceUnreachable, match="something else"):
            async with breaker.connect(FLOW):
                raise VoiceUnreachable("something else")
    assert not breaker.is_open
    for session in service.sessions:
        await session.ended()
