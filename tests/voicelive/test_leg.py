"""The caller's audio goes out as finished text, through the SDK's own door."""

import pytest
from azure.ai.voicelive.aio import VoiceLiveConnection
from azure.core.credentials import AzureKeyCredential

from bridge import Callflow
from bridge.call.legs import ItemKept
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.voicelive.connection import VoiceLive


async def test_what_the_caller_says_arrives_sample_for_sample(studio: Studio) -> None:
    frames = [bytes(range(n, n + 100)) for n in range(0, 150, 50)]
    async with VoiceLiveStandIn(studio) as service:
        voices = VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), "2026-07-15")
        async with voices.connect(Callflow(number="+18005550100")) as leg:
            for frame in frames:
                await leg.hear(frame)
            await leg.remember("Hello.")
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
    async with VoiceLiveStandIn(studio) as service:
        voices = VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), "2026-07-15")
        async with voices.connect(Callflow(number="+18005550100")) as leg:
            connection = leg._connection
            assert isinstance(connection, VoiceLiveConnection)
            send_str = connection._connection.send_str

            async def noted(text: str) -> None:
                sent.append(text)
                await send_str(text)

            monkeypatch.setattr(connection._connection, "send_str", noted)
            await leg.hear(b"\x01\x02")
    assert sent == ['{"type":"input_audio_buffer.append","audio":"AQI="}']
