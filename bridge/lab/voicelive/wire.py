"""The vocabulary of the socket: ids, events to the client, refusals."""

import asyncio
import json
import secrets
import string
from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web

from bridge.lab.voicelive.happening import Tell
from bridge.lab.voicelive.switches import Switches

Json = dict[str, Any]
T = TypeVar("T")

_BASE62 = string.digits + string.ascii_letters
_UNDOCUMENTED: dict[str, tuple[str, Json]] = {
    "response.created": ("rate_limits.updated", {"rate_limits": []}),
    "response.output_item.done": ("response.server_timing", {"timing": {"llm_ms": 212}}),
}
"""Seen on the wire, missing from Microsoft's reference: after which event, and with what."""


def new_id(kind: str, length: int = 22) -> str:
    """An id as the service makes them: a prefix, and base62."""
    return f"{kind}_" + "".join(secrets.choice(_BASE62) for _ in range(length))


class Refusal(Exception):
    """What the client asked for is answered by an `error` event; the socket stays open."""

    def __init__(
        self, code: str, message: str, param: str | None = None, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.body = {"type": kind, "code": code, "message": message, "param": param}


def field(event: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """The value of a required field; refused where it is missing or of another type."""
    if name not in event:
        raise Refusal("missing_required_parameter", f"Missing required parameter: '{name}'.", name)
    value = event[name]
    if not isinstance(value, kind):
        raise Refusal("invalid_type", f"Invalid type for '{name}'.", name)
    return value


class Wire:
    """The way out to the client."""

    def __init__(self, ws: web.WebSocketResponse, switches: Switches, tell: Tell) -> None:
        self._ws = ws
        self._tell = tell
        self._extra_events = switches.extra_events
        self.flows = asyncio.Event()
        """Set while anything is sent at all."""
        self.flows.set()

    async def emit(self, kind: str, **fields: Any) -> None:
        """Send one event, with an id of its own."""
        event = {"event_id": new_id("event"), "type": kind, **fields}
        if self._extra_events:
            event["x_unknown"] = {"since": "tomorrow"}
        await self.flows.wait()
        await self._ws.send_str(json.dumps(event))
        if self._extra_events and kind in _UNDOCUMENTED:
            name, extra = _UNDOCUMENTED[kind]
            await self.emit(name, **extra)

    async def refuse(self, refusal: Refusal, event_id: str | None = None) -> None:
        """Send the `error` event, naming the client event that caused it."""
        self._tell("error", str(refusal))
        await self.emit("error", error={**refusal.body, "event_id": event_id})
