"""A connected session: what the call says to Voice Live, and what it hears from it."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from itertools import count
from typing import Any

import orjson
import pybase64
from azure.ai.voicelive.aio import (
    ConnectionClosed,
    VoiceLiveConnection,
)
from azure.ai.voicelive.aio import (
    ConnectionError as VoiceLiveConnectionError,
)
from azure.ai.voicelive.models import ClientEvent
from structlog import get_logger

from bridge.call.events import (
    AgentAudio,
    ToolCalled,
    VoiceEvent,
)
from bridge.call.legs import By, VoiceFrozen, VoiceLost, VoiceRefused
from bridge.flow.callflow import Callflow
from bridge.flow.speech import OPENAI_VOICES
from bridge.voicelive.coding import coding_of
from bridge.voicelive.config import session_of
from bridge.voicelive.events import REQUEST, problem_of, translate, within

log = get_logger(__name__)

_APART = {"commit": False, "cancel_previous": False}
"""A response apart from the conversation, as the SDK documents it. How the service takes this is
not recorded; an item that it keeps all the same is deleted."""

_IDS = (f"interlude_{number}" for number in count(1))
"""Of our events; no two sessions of a call may share one."""

_UNANSWERED = 1006
"""Close code that the SDK (1.3.1) gives where a ping was not answered; an aborted connection has
1000."""

_ROLES: Mapping[By, tuple[str, str]] = {
    "caller": ("user", "input_text"),
    "agent": ("assistant", "text"),
    "line": ("system", "input_text"),
}
"""For whoever speaks: role of the message, and type of its content."""


class _Append(ClientEvent):
    """The caller's next 20 ms, as JSON text.

    `VoiceLiveConnection.send` asks a client event for its content by `as_dict()`, and what is text
    already it sends as it is (SDK 1.3.1; a test holds it to that). Its own way through `json.dumps`
    takes ten times as long, 50 times a second for every call.
    """

    text = ""

    def __init__(self) -> None:
        """No fields: none of the SDK's model is used."""

    def as_dict(self, **_: Any) -> str:  # type: ignore[override]
        """The text."""
        return self.text


class VoiceLiveLeg:
    """The agent's side of one call, as `VoiceLeg`.

    Audio and requests are plain mappings: the SDK's typed models cost 0.1 to 0.4 ms a message.
    """

    def __init__(self, connection: VoiceLiveConnection, flow: Callflow) -> None:
        self._coding = coding_of(flow)
        self.input_rate_hz = self.output_rate_hz = self._coding.rate_hz
        self.interim, self.interim_refusal = "off", ""  # and with which code
        self.interrupts = True
        self.expires_s = math.inf
        self.echo: Mapping[str, Any] = {}  # of the last update
        self._connection = connection
        self._flow = flow
        self._half_sample, self._half_of = b"", ""
        self._append = _Append()

    async def set_up(self) -> None:
        """Configure the session in one `session.update`, and see that it took.

        A refusal fails the whole update, so where interim responses are refused, the rest is sent
        again without them. A setting that is not echoed is not in force, either.

        Raises:
            VoiceRefused: the service refused the rest, too.
            VoiceLost: the connection closed.
        """
        session = session_of(self._flow)
        refusal = await self.update(session)
        if refusal and session.pop("interim_response", None):
            log.warning("interim.refused", code=refusal)
            self.interim, self.interim_refusal = "refused", refusal
            refusal = await self.update(session)
        if refusal:
            raise VoiceRefused(refusal)

    async def update(self, session: Mapping[str, Any]) -> str | None:
        """Send an update, while nobody reads `events`: None, or the code of its refusal."""
        await self._request({"type": "session.update", "session": session})
        while True:
            event = await self._receive()
            if event["type"] == "error":
                return problem_of(event).code
            if event["type"] == "session.updated":
                self.echo = echo = within(event, "session")
                if "interim_response" in session:
                    self.interim = "service" if echo.get("interim_response") else "refused"
                detection = within(echo, "turn_detection")
                self.interrupts = detection.get("interrupt_response") is not False
                if type(expires_at := echo.get("expires_at")) is int:  # a bool is one, too
                    left_s = expires_at - time.time()
                    self.expires_s = asyncio.get_running_loop().time() + left_s
                return None

    async def events(self) -> AsyncGenerator[VoiceEvent, None]:
        """What the service says, until the connection ends; an event that cannot be read is logged.

        Raises:
            VoiceLost: the connection is gone. Its close code proves nothing: the SDK reports an
                aborted connection as 1000.
        """
        while True:
            raw = await self._receive()
            try:
                event = translate(raw)
            except (KeyError, TypeError, ValueError) as error:
                log.warning("voice.unreadable", type=raw.get("type"), error=type(error).__name__)
                continue
            if isinstance(event, AgentAudio):
                event = self._decoded(event)
            if event:
                yield event

    def _decoded(self, audio: AgentAudio) -> AgentAudio:
        """Audio as PCM16; half a sample at its end is kept for what follows."""
        start = self._half_sample if audio.item_id == self._half_of else b""
        data = start + audio.pcm
        whole = len(data) // self._coding.sample_bytes * self._coding.sample_bytes
        self._half_sample, self._half_of = data[whole:], audio.item_id
        pcm = self._coding.decode(data[:whole])
        return AgentAudio(audio.response_id, audio.item_id, pcm)

    async def hear(self, pcm: bytes) -> None:
        """Append the caller's audio to the input buffer."""
        audio = pybase64.b64encode_as_string(self._coding.encode(pcm))
        self._append.text = f'{{"type":"input_audio_buffer.append","audio":"{audio}"}}'
        await self._send(self._append)

    async def say(self, text: str, *, aside: bool = False) -> str:
        """Request `text` word for word; `aside`, the model does not learn of it.

        An Azure voice reads it without asking the model. An OpenAI voice would answer in text only,
        so its model is told to say it, and may drift.
        """
        if self._flow.voice not in OPENAI_VOICES:
            message = {"pre_generated_assistant_message": _message("assistant", "text", text)}
            return await self._ask_for({**message, **(_APART if aside else {})})
        order = f'Say exactly this, and nothing else: "{text}"'
        if aside:
            return await self._ask_for({"instructions": order, "tool_choice": "none", **_APART})
        await self._add(_message("system", "input_text", order))
        return await self.respond()

    async def respond(self) -> str:
        """Request a response to the conversation so far."""
        return await self._ask_for({})

    async def improvise(self, instructions: str, most_tokens: int) -> str:
        """Request a line that the model makes up, apart from the conversation."""
        limits = {"tool_choice": "none", "max_output_tokens": most_tokens}
        return await self._ask_for({"instructions": instructions, **limits, **_APART})

    async def _ask_for(self, response: dict[str, Any]) -> str:
        request = next(_IDS)
        response["metadata"] = {REQUEST: request}
        await self._send({"type": "response.create", "event_id": request, "response": response})
        return request

    async def cancel(self, response_id: str) -> None:
        """Request the end of a response; a refusal means that it has ended."""
        await self._request({"type": "response.cancel", "response_id": response_id})

    async def give_output(self, call_id: str, output: str) -> None:
        """Put a tool's result into the conversation."""
        await self._add({"type": "function_call_output", "call_id": call_id, "output": output})

    async def remember(self, by: By, text: str) -> None:
        """Put what was said into the conversation; the line's own words come from the system."""
        await self._add(_message(*_ROLES[by], text))

    async def recall(self, called: ToolCalled) -> None:
        """Put a call of a tool into the conversation."""
        named = {"name": called.name, "arguments": called.arguments}
        await self._add({"type": "function_call", "call_id": called.call_id, **named})

    async def forget(self, item_id: str) -> None:
        """Take an item out of the conversation."""
        await self._request({"type": "conversation.item.delete", "item_id": item_id})

    async def truncate(self, item_id: str, heard_ms: int) -> None:
        """Cut an item of the conversation to what was heard."""
        await self._request(
            {
                "type": "conversation.item.truncate",
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": heard_ms,
            }
        )

    async def _add(self, item: dict[str, Any]) -> None:
        await self._request({"type": "conversation.item.create", "item": item})

    async def _request(self, event: dict[str, Any]) -> None:
        """Send an event under an id of its own, which an error may name."""
        await self._send({**event, "event_id": next(_IDS)})

    async def _send(self, event: Mapping[str, Any] | ClientEvent) -> None:
        try:
            await self._connection.send(event)
        except (VoiceLiveConnectionError, ConnectionError) as error:  # aiohttp's, where it clogged
            raise VoiceLost(type(error.__cause__ or error).__name__) from error

    async def _receive(self) -> Mapping[str, Any]:
        try:
            message = await self._connection.recv_bytes()
            event = orjson.loads(message)
        except ConnectionClosed as error:
            lost = VoiceFrozen if error.code == _UNANSWERED else VoiceLost
            raise lost(f"close code {error.code}") from error
        except orjson.JSONDecodeError:
            return {"type": "unreadable"}
        return event if isinstance(event, dict) and "type" in event else {"type": "unreadable"}


def _message(role: str, content: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": content, "text": text}]}
