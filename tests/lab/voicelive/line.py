"""A client of the stand-in, by the real SDK."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.core.credentials import AccessToken, AzureKeyCredential

from bridge.audio.pcm import silence
from bridge.audio.resample import Resampler
from bridge.lab.speech import RATE_HZ, Ears, Studio, caller_mouth
from bridge.lab.voicelive import Brain, Session, Switches, VoiceLiveStandIn

AVA = {"type": "azure-standard", "name": "en-US-AvaNeural"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather for a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
Event = dict[str, Any]
_PIECE_BYTES = 4800


class Token:
    """An Entra identity."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 2**31)


class Line:
    """One connection, and everything that came over it."""

    def __init__(
        self, connection: VoiceLiveConnection, service: VoiceLiveStandIn, studio: Studio
    ) -> None:
        self.connection = connection
        self.service = service
        self.studio = studio
        self.events: list[Event] = []
        self.times_s: list[float] = []

    @asynccontextmanager
    async def again(self) -> AsyncIterator["Line"]:
        """One more connection to the same service."""
        key = AzureKeyCredential(self.service.api_key)
        endpoint = self.service.endpoint
        async with connect(endpoint=endpoint, credential=key, model="gpt-4.1") as connection:
            yield Line(connection, self.service, self.studio)

    @property
    def session(self) -> Session:
        return self.service.sessions[-1]

    async def next(self) -> Event:
        event: Event = json.loads(await self.connection.recv_bytes())
        self.events.append(event)
        self.times_s.append(asyncio.get_running_loop().time())
        return event

    async def until(self, kind: str, times: int = 1) -> Event:
        """Receive until an event has come that many times; the last of them."""
        while True:
            event = await self.next()
            times -= event["type"] == kind
            if not times:
                return event

    async def quiet(self, seconds: float) -> None:
        """Receive for some time."""
        try:
            async with asyncio.timeout(seconds):
                await self.until("never")
        except TimeoutError:
            return

    def forget(self) -> None:
        self.events.clear()
        self.times_s.clear()

    def kinds(self) -> list[str]:
        """Types of what came, deltas run together."""
        kinds = [event["type"] for event in self.events]
        return [k for k, before in zip(kinds, ["", *kinds], strict=False) if k != before]

    def all(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]

    def at(self, kind: str) -> float:
        """When an event first came."""
        return self.times_s[[event["type"] for event in self.events].index(kind)]

    async def send(self, kind: str, **fields: Any) -> None:
        await self.connection.send({"type": kind, **fields})

    async def configure(self, **session: Any) -> Event:
        """Update the session; its echo."""
        await self.send("session.update", session=session)
        echo: Event = (await self.until("session.updated"))["session"]
        return echo

    async def refused(self, kind: str, **fields: Any) -> Event:
        """Send what the service refuses; the error."""
        await self.send(kind, event_id="mine", **fields)
        error: Event = (await self.until("error"))["error"]
        assert error["event_id"] == "mine"
        return error

    async def append(self, pcm: bytes) -> None:
        """Send audio, a tenth of a second at a time."""
        for start in range(0, len(pcm), _PIECE_BYTES):
            audio = base64.b64encode(pcm[start : start + _PIECE_BYTES]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def says(self, text: str) -> None:
        """Say a line, faster than real time."""
        await self.append(await self.voice(text))

    async def voice(self, text: str, rate_hz: int = 24_000, pause_ms: int = 1000) -> bytes:
        """Half a second of silence, the line, and a pause."""
        resample = Resampler(RATE_HZ, rate_hz)
        pcm = resample(await self.studio.speak(text, caller_mouth("en"))) + resample.flush()
        return silence(500, rate_hz) + pcm + silence(pause_ms, rate_hz)

    async def writes(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        await self.send("conversation.item.create", item=item)

    async def answers(self, call: Event, output: str) -> None:
        """Give the output of a call, and ask for the answer."""
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
        await self.send("conversation.item.create", item=item)

    async def greets(self, text: str, **response: Any) -> None:
        content = [{"type": "text", "text": text}]
        message = {"type": "message", "role": "assistant", "content": content}
        body = {"pre_generated_assistant_message": message, **response}
        await self.send("response.create", response=body)


@asynccontextmanager
async def calling(
    model: str | None = "gpt-4.1",
    *,
    brain: Brain | None = None,
    ears: Ears | None = None,
    switches: Switches = Switches(),  # noqa: B008 - frozen
    agent: str | None = None,
    query: dict[str, str] | None = None,
) -> AsyncIterator[Line]:
    """A stand-in, and a connection to it."""
    studio = Studio()
    async with VoiceLiveStandIn(studio, brain=brain, ears=ears, switches=switches) as service:
        target: dict[str, Any] = {"model": model, "credential": AzureKeyCredential("lab-key")}
        if agent:
            target = {"agent_name": agent, "project_name": "shop", "credential": Token()}
        async with connect(endpoint=service.endpoint, query=query or {}, **target) as connection:
            yield Line(connection, service, studio)


def keys(events: Sequence[Event]) -> dict[str, list[str]]:
    """Keys of each kind of event, in their order."""
    return {event["type"]: list(event) for event in events}
