"""Event Grid: the handshake of a subscription, and deliveries that are tried again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from uuid import uuid4

import aiohttp
import orjson

from bridge.lab.acs import shapes
from bridge.lab.acs.traffic import Exchange

Schema = Literal["event_grid", "cloud_events"]

_ORIGIN = "eventgrid.azure.net"
_ACCEPTED = range(200, 205)
_TIME_TO_LIVE_S = 60
_RETRY_S = {400: 300, 401: 300, 403: 300, 404: 300, 408: 120, 503: 30}
"""Wait before the second attempt, where it is not 10 s; Microsoft's reference."""


class SubscriptionRefused(Exception):
    """The webhook did not answer the handshake as Event Grid demands."""


class NotSubscribed(Exception):
    """There is no webhook to tell of a call."""


@dataclass(frozen=True)
class Subscription:
    """A webhook that receives events: at most twice each, and not after a minute.

    These limits are the ones Microsoft's reference advises for IncomingCall.
    """

    session: aiohttp.ClientSession
    url: str
    schema: Schema
    name: str = "LAB"
    proof: Callable[[], Mapping[str, str]] = dict
    """Makes the header by which it proves itself, if the webhook is secured with Entra."""
    note: Callable[[Exchange], None] = lambda _: None
    """Is told of each attempt."""

    async def validate(self) -> None:
        """Have the webhook prove that it wants these events."""
        try:
            async with asyncio.timeout(30):
                await (self._greet() if self.schema == "cloud_events" else self._send_code())
        except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
            raise SubscriptionRefused(f"no answer: {problem!r}") from problem

    async def deliver(self, event: shapes.Json) -> None:
        """Deliver one event, given in the schema of Event Grid."""
        if (status := await self._attempt(event, 0)) in _ACCEPTED:
            return
        wait_s = _RETRY_S.get(status, 10)
        if wait_s < _TIME_TO_LIVE_S:
            await asyncio.sleep(wait_s)
            await self._attempt(event, 1)

    async def post(self, payload: Any, headers: dict[str, str]) -> int:
        """POST anything to the webhook; returns the status."""
        body = orjson.dumps(payload)
        async with self.session.post(self.url, data=body, headers=headers) as response:
            return response.status

    def headers(self, event_type: str, *, attempt: int = 0) -> dict[str, str]:
        """Return what Event Grid says about a delivery."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "aeg-subscription-name": self.name,
            "aeg-delivery-count": str(attempt),
            "aeg-event-type": event_type,
            "aeg-metadata-version": "1",
            "aeg-data-version": "1.0",
            "aeg-output-event-id": str(uuid4()),
            **self.proof(),
        }
        if self.schema == "cloud_events":
            headers["Content-Type"] = "application/cloudevents+json; charset=utf-8"
            headers["Origin"] = _ORIGIN
        return headers

    async def _attempt(self, event: shapes.Json, attempt: int) -> int:
        """Status of one delivery; 0 if there was no answer within 30 s."""
        payload = shapes.cloud_event(event) if self.schema == "cloud_events" else [event]
        at_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(30):
                status = await self.post(payload, self.headers("Notification", attempt=attempt))
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        name = event["eventType"].removeprefix(shapes.PREFIX)
        self.note(Exchange(at_s, "event", name, event["data"]["correlationId"], status, payload))
        return status

    async def _send_code(self) -> None:
        code = str(uuid4()).upper()
        data = {
            "validationCode": code,
            "validationUrl": f"https://rp-eastus2.eventgrid.azure.net:553/validate?id={code}",
        }
        event = shapes.event_grid("Microsoft.EventGrid.SubscriptionValidationEvent", "", data)
        body, headers = orjson.dumps([event]), self.headers("SubscriptionValidation")
        async with self.session.post(self.url, data=body, headers=headers) as response:
            if response.status != HTTPStatus.OK:
                raise SubscriptionRefused(f"status {response.status}, not 200")
            if await response.json(content_type=None) != {"validationResponse": code}:
                raise SubscriptionRefused("the validation code did not come back")

    async def _greet(self) -> None:
        headers = {
            "WebHook-Request-Origin": _ORIGIN,
            "WebHook-Request-Rate": "120",
            **self.proof(),
        }
        async with self.session.options(self.url, headers=headers) as response:
            allowed = response.headers.get("WebHook-Allowed-Origin")
        if response.status != HTTPStatus.OK or allowed not in (_ORIGIN, "*"):
            raise SubscriptionRefused(f"status {response.status}, allowed origin {allowed}")
