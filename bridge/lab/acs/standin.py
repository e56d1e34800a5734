"""The stand-in itself: a server that the real SDK calls, and the network behind it."""

import asyncio
import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self
from uuid import NAMESPACE_OID, uuid5

import aiohttp
from aiohttp import web

from bridge.lab.acs.arrivals import announce, place
from bridge.lab.acs.behaviours import OVER_THE_LIMIT, Behaviour, Ringing, Voicemail
from bridge.lab.acs.colleague import Colleague
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.directory import Directory
from bridge.lab.acs.ends import LineEnd
from bridge.lab.acs.eventgrid import NotSubscribed, Schema, Subscription
from bridge.lab.acs.invitations import Staff
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.phone import Phone
from bridge.lab.acs.replies import RestRequest, callee_of
from bridge.lab.acs.rest import CallAutomation
from bridge.lab.acs.route import Route
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.switches import Switches
from bridge.lab.acs.traffic import Exchange
from bridge.lab.doors import Door, open_doors
from bridge.lab.signing import Authority
from bridge.lab.speech import Studio

_GOOD_DAY = Switches()


class AcsStandIn:
    """Azure Communication Services on loopback: an async context manager.

    Leaving it hangs up without a word to anyone: every task and connection is gone.
    """

    endpoint: str
    """URL for the SDK's client; known once entered."""
    subscription: Subscription | None = None
    """Of the application to incoming calls."""

    def __init__(
        self,
        studio: Studio,
        *,
        switches: Switches = _GOOD_DAY,
        access_key: str | None = None,
        doors: Sequence[Door] = (Door(),),
        kept_s: float | None = None,
    ) -> None:
        """Be reached at `doors`, the first of which is the `endpoint`; `access_key` is base64.

        Of what is said in a call at least the last `kept_s` are kept, or all of it.
        """
        self.access_key = access_key or base64.b64encode(secrets.token_bytes(64)).decode()
        self.resource_id = str(uuid5(NAMESPACE_OID, self.access_key))
        """The immutable resource id: the audience of what it signs."""
        self.endpoints: list[str] = []
        """URLs of all doors, in their order."""
        self.authority = Authority("/calling/.well-known/acsopenidconfiguration", "/calling/keys")
        self.switches = switches
        """Of the calls dialled from now on."""
        self.phones: list[Phone] = []
        self.traffic: list[Exchange] = []
        """What was said over HTTP by either side, but for handshakes, in order of the answers."""
        self._studio = studio
        self._kept_s = kept_s
        self._colleagues = Directory[Colleague]()
        self._callees = Directory[Phone]()
        self._legs: list[Leg] = []
        self._lives: list[asyncio.Task[LineEnd]] = []
        self._rest = CallAutomation(self.access_key, self._legs, self._place, self.traffic.append)
        self._doors = doors
        app = web.Application()
        self.authority.serve(app.router)
        app.router.add_route("*", "/{path:.*}", self._rest.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        self.endpoints = await open_doors(self._runner, self._doors)
        self.endpoint = self.endpoints[0]
        self.authority.at(self.endpoint)
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

    @property
    def connection_ids(self) -> list[str]:
        """The names of all calls, in the order in which they began."""
        return [leg.connection.id for leg in self._legs]

    @property
    def colleagues(self) -> dict[str, Behaviour]:
        """What people do whom the bridge adds to a call, by number or raw id; to be changed."""
        return self._colleagues.behaviours

    @property
    def callees(self) -> dict[str, Behaviour]:
        """What people do whom the bridge calls, by number or raw id; to be changed."""
        return self._callees.behaviours

    async def colleague(self, address: str) -> Colleague:
        """Wait until somebody is rung whom the bridge adds to a call; each ringing counts once."""
        return await self._colleagues.rung(address)

    async def any_colleague(self) -> Colleague:
        """The same of whoever it is; those count apart."""
        return await self._colleagues.anybody_rung()

    async def callee(self, address: str) -> Phone:
        """Wait until somebody is rung whom the bridge calls; each ringing counts once."""
        return await self._callees.rung(address)

    async def subscribe(
        self,
        events_url: str,
        *,
        schema: Schema = "event_grid",
        name: str = "LAB",
        proof: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """Create the Event Grid subscription; `SubscriptionRefused` if the handshake fails.

        `proof` makes the header by which Event Grid proves itself to a webhook secured with Entra.
        """
        note = self.traffic.append
        subscription = Subscription(self._session, events_url, schema, name, proof, note)
        await subscription.validate()
        self.subscription = subscription

    async def dial(
        self,
        number: str,
        *,
        caller: str = "+14255550123",
        language: str = "en-US",
        rings_s: float = 30,
        sip_headers: Mapping[str, str] | None = None,
        display_name: str = "",
        switches: Switches | None = None,
    ) -> Phone:
        """Call a number; returns at once, with the phone at the caller's ear ringing.

        `switches` are those of this call alone. `NotSubscribed` if nobody would hear of it.
        """
        subscription = self._subscribed()
        route = Route(caller, number, sip_headers=sip_headers or {}, display_name=display_name)
        leg = self._leg(route, switches)
        return self._phone(leg, lambda leg: announce(leg, subscription, rings_s), language=language)

    async def deliver(
        self,
        events: list[dict[str, Any]] | dict[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """POST any payload to the subscriber, as a notification; returns the status."""
        subscription = self._subscribed()
        told = subscription.headers("Notification") | dict(headers or {})
        return await subscription.post(events, told)

    def sign(self, lasts_s: float) -> str:
        """Return a token by which the service proves itself to the application."""
        return self.authority.sign(lasts_s, aud=self.resource_id)

    @property
    def proof(self) -> dict[str, str]:
        """The header with such a token, good for five minutes."""
        return {"Authorization": f"Bearer {self.sign(300)}"}

    def _place(self, body: Json) -> Leg:
        """Call somebody for the bridge; the telephone rings at once."""
        source, target = callee_of(body, self.switches)
        behaviour = self._callees.behaviour(target)
        if self._busy_lines(source) >= self.switches.outbound_limit:
            behaviour = OVER_THE_LIMIT
        ringing = Ringing(behaviour)

        def arrive(leg: Leg) -> None:
            place(leg, ringing)
            if isinstance(behaviour, Voicemail):
                leg.lasting(phone.greets(behaviour))

        leg = self._leg(Route(source, target, outbound=True))
        phone = self._phone(leg, arrive, ringing=ringing)
        if behaviour is not OVER_THE_LIMIT:
            self._callees.ring(target, phone)
        return leg

    def _busy_lines(self, source: str) -> int:
        routes = [leg.route for leg in self._legs if not leg.over.done()]
        return sum(route.outbound and route.caller == source for route in routes)

    def _subscribed(self) -> Subscription:
        if self.subscription is None:
            raise NotSubscribed("No application has subscribed to incoming calls.")
        return self.subscription

    def _leg(self, route: Route, switches: Switches | None = None) -> Leg:
        staff = Staff(self._colleagues, self._studio)
        connection = Connection(
            self._session, switches or self.switches, self.sign, self.traffic.append
        )
        leg = Leg(connection, route, staff, self._kept_s)
        self._legs.append(leg)
        return leg

    def _phone(
        self,
        leg: Leg,
        arrive: Callable[[Leg], None],
        *,
        language: str = "en-US",
        ringing: Ringing | None = None,
    ) -> Phone:
        life = asyncio.create_task(leg.live(arrive))
        phone = Phone(leg, life, self._studio, language, ringing)
        self._lives.append(life)
        self.phones.append(phone)
        return phone
