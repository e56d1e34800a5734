"""Who may come in at which door: by what Azure's services and operators prove who they are."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from structlog import get_logger

from bridge.acs.authentication import EVENT_GRID_APP, EVENT_GRID_ROLE
from bridge.service.bearer import Bearers, Refused, Why
from bridge.service.door_settings import Auth, DoorSettings
from bridge.service.keys import is_key
from bridge.service.setting_types import LOOPBACK

log = get_logger(__name__)


class Door(StrEnum):
    """Where somebody may come in."""

    EVENTS = "events"
    CALLBACKS = "callbacks"
    MEDIA = "media"
    SOUNDS = "sounds"
    OPERATORS = "operators"


class Role(IntEnum):
    """What an operator may do; more includes less."""

    READER = 1
    EDITOR = 2


@dataclass(frozen=True)
class Operator:
    """Somebody who was let in."""

    name: str
    """Who they are, for those who read what was done: personal data, where a token says it."""
    role: Role
    sent: str | None = None
    """Where another replica has let them in, and asks for what is here: what stands for the body
    of its request."""

    @property
    def is_sent(self) -> bool:
        """Whether another replica asks for them."""
        return self.sent is not None

    def has_sent(self, body: bytes) -> bool:
        """Whether a body is what another replica has sent for them, or their own."""
        return self.sent in (None, stands_for(body))


def stands_for(body: bytes) -> str:
    """What stands for a body, and no other."""
    return sha256(body).hexdigest()


Sent = Callable[[web.Request], Operator | None]
"""Tells for whom another replica asks, or raises `Refused`; None for anybody else."""

ROLES = {"Interlude.Reader": Role.READER, "Interlude.Editor": Role.EDITOR}
"""Application roles in an operator's token, by their values."""

_SHOW = "Authorization must be Bearer and the INTERLUDE_API_KEY of this service, or a token for it."
_ROLE = "This needs the role Interlude.Editor, or the key INTERLUDE_API_KEY."


class Guards:
    """Lets in whoever proves who they are; what is refused is counted, and logged without proof.

    With `INTERLUDE_AUTH=log`, what comes as from Azure is let in all the same. Operators are not:
    they place calls, at somebody's expense.
    """

    def __init__(
        self,
        settings: DoorSettings,
        refused: Callable[[Door, Why], None],
        *,
        acs: Bearers | None = None,
        event_grid: Bearers | None = None,
        operators: Bearers | None = None,
        sent: Sent | None = None,
    ) -> None:
        """Guard by `settings`, and tell `refused` of everybody who is refused, or would be."""
        self._settings = settings
        self._is_off = settings.interlude_auth is Auth.OFF
        self._refused = refused
        self._acs = acs
        self._event_grid = event_grid
        self._operators = operators
        self._sent = sent
        self._subscriptions = {name.casefold() for name in settings.eventgrid_subscriptions}

    async def event_grid(self, request: web.Request) -> None:
        """Let Event Grid in: by the key in query or header, or by its token of Entra.

        Raises:
            HTTPException: somebody else.
        """
        if self._is_off:
            return
        given = request.query.get("key") or request.headers.get("x-eventgrid-key") or ""
        keys = (self._settings.eventgrid_key, self._settings.eventgrid_key_previous)
        if any(is_key(given, key) for key in keys if key):
            return
        with self._azure(Door.EVENTS):
            if not self._event_grid:
                raise Refused(Why.WRONG_KEY if given else Why.NOTHING_SHOWN)
            _check_event_grid(await self._event_grid.claims(_authorization(request)))

    def subscription(self, request: web.Request) -> None:
        """Let a subscription be made that the settings name; any, if they name none.

        Raises:
            HTTPException: another, or one that does not say which.
        """
        name = request.headers.get("aeg-subscription-name", "")
        with self._azure(Door.EVENTS):
            if self._subscriptions and name.casefold() not in self._subscriptions:
                raise Refused(Why.SUBSCRIPTION)

    async def acs(self, request: web.Request, door: Door) -> None:
        """Let ACS in, by the token that it signs for this resource.

        Raises:
            HTTPException: somebody else.
        """
        if self._acs:
            with self._azure(door):
                await self._acs.claims(_authorization(request))

    async def operator(self, request: web.Request, needed: Role) -> Operator:
        """Let an operator in, or a system of theirs, by a key or by a token with a role.

        Raises:
            HTTPException: somebody else, or one who may not do this.
        """
        try:
            if self._sent and (operator := self._sent(request)):
                return _who_may(operator, needed)
            if self._is_off:
                _check_host(request)
                return Operator("anybody", Role.EDITOR)
            self._check_can_open()
            return await self.shown(_authorization(request), needed)
        except Refused as refused:
            self._count(Door.OPERATORS, refused)
            sentence = _ROLE if refused.why is Why.ROLE else _SHOW
            raise _answer(refused.why, sentence) from refused

    def _check_can_open(self) -> None:
        settings = self._settings
        if not (settings.interlude_api_key or settings.interlude_read_key or self._operators):
            raise web.HTTPForbidden(
                text="Set INTERLUDE_API_KEY, or INTERLUDE_OIDC_ISSUER, to open this to operators."
            )

    def turned_away(self, door: Door, why: Why) -> None:
        """Count somebody whom the door itself refused, by a token in the URL."""
        self._count(door, Refused(why))

    async def shown(self, authorization: str, needed: Role) -> Operator:
        """Who shows this header `Authorization`.

        Raises:
            Refused: somebody else, or one who may not do this.
        """
        operator = self._by_key(authorization)
        if not operator:
            if not self._operators:
                raise Refused(Why.WRONG_KEY if authorization else Why.NOTHING_SHOWN)
            claims = await self._operators.claims(authorization)
            held = max((ROLES.get(name, 0) for name in _texts(claims.get("roles"))), default=0)
            if not held:
                raise Refused(Why.ROLE)
            operator = Operator(_name(claims), Role(held))
        return _who_may(operator, needed)

    def _by_key(self, authorization: str) -> Operator | None:
        scheme, _, given = authorization.partition(" ")
        settings = self._settings
        for role, name, key in (
            (Role.EDITOR, "INTERLUDE_API_KEY", settings.interlude_api_key),
            (Role.READER, "INTERLUDE_READ_KEY", settings.interlude_read_key),
        ):
            if key and scheme.lower() == "bearer" and is_key(given.strip(), key):
                return Operator(name, role)
        return None

    @contextmanager
    def _azure(self, door: Door) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            self._count(door, refused)
            if self._settings.interlude_auth is Auth.ENFORCE:
                raise _answer(refused.why) from refused

    def _count(self, door: Door, refused: Refused) -> None:
        log.warning("door.refused", door=door, why=refused.why, auth=self._settings.interlude_auth)
        self._refused(door, refused.why)


def _check_host(request: web.Request) -> None:
    """Refuse what a browser asks under a name that another site had led to this machine."""
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        raise web.HTTPForbidden(
            text="With INTERLUDE_AUTH=off, this is for this machine: ask http://127.0.0.1."
        )


def _authorization(request: web.Request) -> str:
    return request.headers.get("Authorization", "")


def _check_event_grid(claims: Mapping[str, Any]) -> None:
    """Entra names the application in `appid` (version 1 of its tokens) or `azp` (version 2)."""
    if EVENT_GRID_APP not in (claims.get("appid"), claims.get("azp")):
        raise Refused(Why.APPLICATION)
    if EVENT_GRID_ROLE not in _texts(claims.get("roles")):
        raise Refused(Why.ROLE)


def _name(claims: Mapping[str, Any]) -> str:
    """Of a person, else of an application: what Entra's tokens of versions 1 and 2 have."""
    names = (claims.get(key) for key in ("preferred_username", "upn", "appid", "azp", "sub"))
    return next((name for name in names if isinstance(name, str) and name), "unnamed")


def _texts(claim: Any) -> list[str]:
    return [text for text in claim if isinstance(text, str)] if isinstance(claim, list) else []


def _who_may(operator: Operator, needed: Role) -> Operator:
    if operator.role < needed:
        raise Refused(Why.ROLE)
    return operator


def _answer(why: Why, text: str | None = None) -> web.HTTPException:
    if why is Why.NO_AUTHORITY:
        # As for every failure that Event Grid should try again soon.
        return web.HTTPBadGateway(text="The keys to check the token by cannot be had.")
    if why in (Why.ROLE, Why.APPLICATION, Why.SUBSCRIPTION):
        return web.HTTPForbidden(text=text)
    return web.HTTPUnauthorized(text=text, headers={"WWW-Authenticate": "Bearer"})
