"""The stand-in itself: a server that the real SDK calls, and the network behind it."""

import asyncio
import base64
import secrets
from collections.abc import Mapping
from typing import Any, Self

import aiohttp
from aiohttp import web

from bridge.lab.acs.ends import LineEnd
from bridge.lab.acs.eventgrid import Schema, Subscription
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.phone import Phone
from bridge.lab.acs.rest import CallAutomation, RestRequest
from bridge.lab.acs.switches import Switches
from bridge.lab.speech import Studio

_GOOD_DAY = Switches()


class AcsStandIn:
    """Azure Communication Services on loopback: an async context manager.

    Leaving it hangs up without a word to anyone: every task and connection is gone.
    """

    endpoint: str
    """URL for the SDK's client; known once entered."""
    _subscription: Subscription

    def __init__(self, studio: Studio, *, switches: Switches = _GOOD_DAY) -> None:
        self.access_key = base64.b64encode(secrets.token_bytes(64)).decode()
        self.switches = switches
        """Of the calls dialled from now on."""
        self.phones: list[Phone] = []
        self._studio = studio
        self._legs: list[Leg] = []
        self._lives: list[asyncio.Task[LineEnd]] = []
        self._rest = CallAutomation(self.access_key, self._legs)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._rest.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.endpoint = f"http://{host}:{port}"
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()
        for life in self._lives:
            if not life.cancelled():
                life.result()  # a mistake of the stand-in's own does not go unheard

    @property
    def requests(self) -> list[RestRequest]:
        """What the bridge has asked of the REST interface, in order."""
        return self._rest.requests

    async def subscribe(self, events_url: str, *, schema: Schema = "event_grid") -> None:
        """Create the Event Grid subscription; `SubscriptionRefused` if the handshake fails."""
        subscription = Subscription(self._session, events_url, schema)
        await subscription.validate()
        self._subscription = subscription

    async def dial(
        self,
        number: str,
        *,
        caller: str = "+14255550123",
        language: str = "en-US",
        rings_s: float = 30,
    ) -> Phone:
        """Call a number; returns at once, with the phone at the caller's ear ringing."""
        leg = Leg(self._session, self.switches, callee=number, caller=caller)
        life = asyncio.create_task(leg.live(self._subscription, rings_s=rings_s))
        phone = Phone(leg, life, self._studio, language)
        self._legs.append(leg)
        self._lives.append(life)
        self.phones.append(phone)
        return phone

    async def deliver(
        self,
        events: list[dict[str, Any]] | dict[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """POST any payload to the subscriber, as a notification; returns the status."""
        told = self._subscription.headers("Notification") | dict(headers or {})
        return await self._subscription.post(events, told)
