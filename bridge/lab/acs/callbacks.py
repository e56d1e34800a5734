"""Callbacks: what the service tells the application about a call, and how badly it may travel."""

import asyncio
from collections.abc import Callable

import aiohttp
import numpy as np
import orjson

from bridge.lab.acs import shapes
from bridge.lab.acs.switches import CallbackSwitches
from bridge.lab.acs.traffic import Exchange

_WINDOW_S = 0.5
"""Events this close together share a POST or lose their order, where a switch says so."""
_PATIENCE_S = 5.0
_RETRY_S = 1.0
"""How long an attempt may take, and the wait before the second and last; not documented."""
_ACCEPTED = range(200, 300)
_TOKEN_S = 300
"""A new token for each attempt, for five minutes; Microsoft's page on securing the webhook."""


class Callbacks:
    """The events of one call, on their way. Those of one moment leave in order."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tasks: asyncio.TaskGroup,
        switches: CallbackSwitches,
        order: np.random.Generator,
        sign: Callable[[float], str],
        note: Callable[[Exchange], None],
    ) -> None:
        self._session = session
        self._tasks = tasks
        self._switches = switches
        self._order = order
        self._sign = sign
        self._note = note
        self._waiting: dict[str, list[shapes.Json]] = {}
        self._window_s = _WINDOW_S if switches.batch or switches.shuffle else 0

    def post(self, uri: str, event: shapes.Json) -> None:
        """Send an event to `uri`, soon."""
        if event["type"].removeprefix(shapes.PREFIX) in self._switches.drop:
            return
        if uri not in self._waiting:
            self._waiting[uri] = []
            self._tasks.create_task(self._send(uri))
        self._waiting[uri] += [event] * (1 + self._switches.duplicate)

    async def _send(self, uri: str) -> None:
        await asyncio.sleep(self._switches.delay_s + self._window_s)
        events = self._waiting.pop(uri)
        if self._switches.shuffle:
            self._order.shuffle(events)
        for payload in [events] if self._switches.batch else [[event] for event in events]:
            if await self._status(uri, payload) not in _ACCEPTED:
                await asyncio.sleep(_RETRY_S)
                await self._status(uri, payload)

    async def _status(self, uri: str, payload: list[shapes.Json]) -> int:
        """Make one attempt; 0 if there was no answer."""
        at_s = asyncio.get_running_loop().time()
        status = await self._attempt(uri, payload)
        for event in payload:
            name = event["type"].removeprefix(shapes.PREFIX)
            correlation_id = event["data"]["correlationId"]
            self._note(Exchange(at_s, "callback", name, correlation_id, status, event))
        return status

    async def _attempt(self, uri: str, payload: list[shapes.Json]) -> int:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {self._sign(_TOKEN_S)}",
        }
        body = orjson.dumps(payload)
        try:
            async with (
                asyncio.timeout(_PATIENCE_S),
                self._session.post(uri, data=body, headers=headers) as response,
            ):
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
