"""Sessions are had within seconds or not at all, and a frozen one is known to be lost."""

import asyncio
import socket
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential

from bridge import Callflow
from bridge.call.events import ItemKept
from bridge.call.legs import VoiceFrozen, VoiceLost, VoiceRefused, VoiceUnreachable
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.voicelive.connection import VoiceLive
from bridge.voicelive.leg import VoiceLiveLeg

FLOW = Callflow(number="+18005550100")
VERSION = "2026-07-15"


def voices_of(service: VoiceLiveStandIn) -> VoiceLive:
    return VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), VERSION)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def connected(voices: VoiceLive) -> None:
    """Connect, and hang up again."""
    async with voices.connect(FLOW):
        pass


async def heard(leg: VoiceLiveLeg, kind: type) -> None:
    """Listen until an event of a kind comes."""
    async for event in leg.events():
        if isinstance(event, kind):
            return


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, VoiceRefused),
        (401, VoiceRefused),
        (403, VoiceRefused),
        (404, VoiceRefused),
        (408, VoiceUnreachable),
        (429, VoiceUnreachable),
        (500, VoiceUnreachable),
        (503, VoiceUnreachable),
    ],
)
async def test_a_handshake_may_be_refused_for_good_or_for_now(
    studio: Studio, status: int, error: type[Exception]
) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(handshake=status)) as service:
        with pytest.raises(error, match=f" {status}$") as refusal:
            await connected(voices_of(service))
    assert "127.0.0.1" not in str(refusal.value), "a log line names no resource"


async def test_a_wrong_key_is_refused_for_good(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        wrong = VoiceLive(service.endpoint, AzureKeyCredential("another"), VERSION)
        with pytest.raises(VoiceRefused, match=r" 401$") as refusal:
            await connected(wrong)
    assert "another" not in str(refusal.value)


async def test_where_nobody_listens_the_service_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        host, port = nobody.getsockname()
    voices = VoiceLive(f"http://{host}:{port}", AzureKeyCredential("lab-key"), VERSION)
    with pytest.raises(VoiceUnreachable, match=r"^ClientConnectorError$"):
        await connected(voices)


@pytest.mark.parametrize(
    "slow",
    [{"handshake_s": 20}, {"no_session_updated": True}],
    ids=str,
)
async def test_a_session_that_is_not_there_within_five_seconds_is_not_waited_for(
    studio: Studio, slow: dict[str, Any]
) -> None:
    async with VoiceLiveStandIn(studio, switches=Switches(**slow)) as service:
        began_s = now_s()
        with pytest.raises(VoiceUnreachable, match="no session within 5 s"):
            await connected(voices_of(service))
        assert 5 <= now_s() - began_s < 6.1, "and a second to say goodbye"


async def test_a_frozen_session_is_lost_within_three_seconds(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        await leg.remember("agent", "Hello.")
        await heard(leg, ItemKept)
        service.sessions[0].freezes()
        began_s = now_s()
        with pytest.raises(VoiceFrozen):
            await heard(leg, ItemKept)
        assert now_s() - began_s == pytest.approx(3, abs=0.2)


async def test_a_caller_who_talks_into_a_frozen_session_loses_it_as_soon(studio: Studio) -> None:
    """Whether we say something ourselves proves nothing about the other side."""
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:

        async def talk() -> None:
            while True:
                await leg.hear(bytes(960))
                await asyncio.sleep(0.02)

        service.sessions[0].freezes()
        began_s = now_s()
        talking = asyncio.create_task(talk())
        with pytest.raises(VoiceFrozen):
            await heard(leg, ItemKept)
        assert now_s() - began_s == pytest.approx(3, abs=0.2)
        talking.cancel()
        await asyncio.wait([talking])


async def test_a_service_that_has_nothing_to_say_is_not_lost(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        listening = asyncio.create_task(heard(leg, ItemKept))
        await asyncio.sleep(120)
        assert not listening.done()
        await leg.remember("agent", "Hello.")
        await listening


@pytest.mark.parametrize("how", ["drops", "closes"])
async def test_a_session_that_ends_is_lost_and_was_not_frozen(studio: Studio, how: str) -> None:
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        (session,) = service.sessions
        async with asyncio.TaskGroup() as both:
            both.create_task(session.drops() if how == "drops" else session.closes(1011))
            with pytest.raises(VoiceLost) as loss:
                await heard(leg, ItemKept)
        assert not isinstance(loss.value, VoiceFrozen)
        with pytest.raises(VoiceLost):
            await leg.hear(bytes(960))


async def test_a_call_that_ends_does_not_wait_for_a_frozen_session(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service:
        async with voices_of(service).connect(FLOW):
            service.sessions[0].freezes()
            began_s = now_s()
        assert now_s() - began_s < 1.1


async def test_a_clogged_socket_that_breaks_is_a_loss_like_any_other(studio: Studio) -> None:
    async with VoiceLiveStandIn(studio) as service, voices_of(service).connect(FLOW) as leg:
        (session,) = service.sessions
        session.freezes()
        sending = asyncio.create_task(_fill(leg))
        await asyncio.sleep(1)
        assert not sending.done(), "the kernel takes no more"
        await session.drops()
        with pytest.raises(VoiceLost):
            await sending


async def _fill(leg: VoiceLiveLeg) -> None:
    while True:
        await leg.hear(bytes(1 << 20))
