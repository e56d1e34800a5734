"""A voice leg that lasts, over sessions of the stand-in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from azure.core.credentials import AzureKeyCredential

from bridge import Callflow
from bridge.call.events import ItemKept, VoiceEvent
from bridge.call.lasting import LastingVoice
from bridge.call.legs import VoiceLost, VoiceService
from bridge.call.record import Record
from bridge.call.transcript import Transcript
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Session, Switches, VoiceLiveStandIn
from bridge.voicelive.connection import VoiceLive

FLOW = Callflow(number="+18005550100")
GOES_ON = "The line was interrupted for a moment."

E = TypeVar("E", bound=VoiceEvent)


def voices_of(service: VoiceLiveStandIn) -> VoiceLive:
    return VoiceLive(service.endpoint, AzureKeyCredential(service.api_key), "2026-07-15")


def now_s() -> float:
    return asyncio.get_running_loop().time()


class Talk:
    """Everything that came over a lasting leg."""

    def __init__(self, service: VoiceLiveStandIn, voice: LastingVoice, notes: "Notes") -> None:
        self.service = service
        self.voice = voice
        self.transcript = notes.transcript
        self.record = notes.record
        self.lost: str | None = None
        """Why no other session took the place of the last one."""
        self._events: asyncio.Queue[VoiceEvent] = asyncio.Queue()

    async def listen(self) -> None:
        try:
            async for event in self.voice.events():
                self.transcript.saw(event, self.voice.output_rate_hz)
                self._events.put_nowait(event)
        except VoiceLost as loss:
            self.lost = str(loss)

    async def until(self, kind: type[E]) -> E:
        """The next event of a kind."""
        while True:
            event = await self._events.get()
            if isinstance(event, kind):
                return event

    async def told(self) -> list[tuple[str, str]]:
        """What the session that goes on knows, but for the note that it goes on."""
        await self.voice.remember("line", "That is all.")
        while not (items := self.session.items) or text_of(items[-1]) != "That is all.":
            await self.until(ItemKept)
        said = [(str(item.get("role", item["type"])), text_of(item)) for item in items[:-1]]
        return [line for line in said if not line[1].startswith(GOES_ON)]

    @property
    def session(self) -> Session:
        """The latest."""
        return self.service.sessions[-1]

    def meets(self, **faults: Any) -> None:
        """Whoever connects from now on has this."""
        self.service.switches = Switches(**faults)


class Notes:
    """What a call leaves."""

    def __init__(self) -> None:
        self.transcript = Transcript()
        self.record = Record()


def text_of(item: dict[str, Any]) -> str:
    """Words of a message, arguments of a call, output of a tool."""
    if item["type"] != "message":
        return str(item.get("arguments") or item.get("output"))
    (content,) = item["content"]
    return str(content.get("text") or content.get("transcript"))


@asynccontextmanager
async def talking(
    studio: Studio,
    *,
    flow: Callflow = FLOW,
    voices: Callable[[VoiceLiveStandIn], VoiceService] = voices_of,
    notes: Notes | None = None,
    **faults: Any,
) -> AsyncIterator[Talk]:
    """A stand-in with switches, a leg that is connected to it, and somebody who listens to it."""
    notes = notes or Notes()
    async with AsyncExitStack() as stack:
        stand_in = VoiceLiveStandIn(studio, switches=Switches(**faults))
        service = await stack.enter_async_context(stand_in)
        lasting = LastingVoice(voices(service), flow, notes.transcript, notes.record)
        talk = Talk(service, await stack.enter_async_context(lasting), notes)
        listening = asyncio.create_task(talk.listen())
        try:
            yield talk
        finally:
            listening.cancel()
            await asyncio.wait([listening])
