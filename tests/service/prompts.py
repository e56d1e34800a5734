"""A flow with prompts, and ways between the store and Voice Live that are not as they should be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from azure.core.credentials import AzureKeyCredential

from bridge import Callflow, Fallback, StaticInterim, Trigger
from bridge.call.events import VoiceEvent
from bridge.call.legs import VoiceLeg
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.voicelive.connection import VoiceLive

GREETING = "Good morning, this is the order line."
INTERIM = "One moment, I am looking."
MEANWHILE, SORRY = "One moment, please.", "We have a technical problem."
TEXTS = (GREETING, MEANWHILE, SORRY, INTERIM)
"""In the order in which they are rendered."""
AZURE = {"type": "azure-standard", "name": "en-US-AndrewNeural", "rate": "1.2"}

FLOW = Callflow(
    number="+18005550100",
    greeting=GREETING,
    voice="en-US-AvaNeural",
    interim=StaticInterim(texts=(INTERIM,), triggers=(Trigger.TOOL,)),
    silence=None,
    fallback=Fallback(meanwhile=MEANWHILE, say=SORRY),
)
"""Never changed: tests replace what they need otherwise."""


def flow(**changes: Any) -> Callflow:
    return replace(FLOW, **changes)


def greeting_only(**changes: Any) -> Callflow:
    """A flow that says one thing, whatever happens."""
    fallback = Fallback(meanwhile=GREETING, say=GREETING)
    return flow(interim=None, fallback=fallback, **changes)


def client(service: VoiceLiveStandIn) -> VoiceLive:
    return VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), "2026-07-15")


def said_by(service: VoiceLiveStandIn) -> asyncio.Queue[str]:
    """Every line of the service, when its first sound is sent."""
    said: asyncio.Queue[str] = asyncio.Queue()
    service.watch(lambda happening: said.put_nowait(happening.text))
    return said


class _TamperedLeg:
    def __init__(self, leg: VoiceLeg, tamper: Callable[[VoiceEvent], Iterable[VoiceEvent]]) -> None:
        self._leg = leg
        self._tamper = tamper

    def __getattr__(self, name: str) -> Any:
        return getattr(self._leg, name)

    async def events(self) -> AsyncIterator[VoiceEvent]:
        async for event in self._leg.events():
            for changed in self._tamper(event):
                yield changed


class Tampered:
    """A real way to Voice Live, on which every event is replaced by what `tamper` makes of it."""

    def __init__(
        self, voices: VoiceLive, tamper: Callable[[VoiceEvent], Iterable[VoiceEvent]]
    ) -> None:
        self._voices = voices
        self._tamper = tamper

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLeg]:
        async with self._voices.connect(flow) as leg:
            tampered: Any = _TamperedLeg(leg, self._tamper)
            yield tampered
