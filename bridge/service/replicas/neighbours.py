"""What one replica has another do for an operator whom it has let in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from bridge.service.bearer import Refused, Why
from bridge.service.guards import Operator, Role, stands_for
from bridge.service.replicas.fleet import Fleet
from bridge.service.tokens import BadToken, Tokens

SCHEME = "Replica"
"""Of the header `Authorization` in which an errand is."""
_LONGEST_LINE = 1 << 24
"""Bytes in one event of a stream: a long call, or a thousand calls, whole."""

UNANSWERED = (aiohttp.ClientError, TimeoutError, ValueError)
"""What asking fails with; an answer that cannot be read is none, as one of another release."""


class Neighbours:
    """The other replicas of the service, asked at the addresses that they have sealed.

    What is shown to one names the operator and the one deed, and is good for that replica alone.
    """

    def __init__(self, fleet: Fleet, tokens: Tokens, session: aiohttp.ClientSession) -> None:
        self._fleet = fleet
        self._tokens = tokens
        self._session = session

    @property
    def names(self) -> tuple[str, ...]:
        """The others, as far as Redis has told."""
        return self._fleet.neighbours

    @asynccontextmanager
    async def ask(
        self,
        name: str,
        method: str,
        path: str,
        by: Operator,
        patience: aiohttp.ClientTimeout,
        body: bytes = b"",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """What a neighbour answers to an operator at one of its doors, whatever the status.

        Raises:
            UNANSWERED: it was not reached, or not in time.
        """
        deed = f"{method} {path}"
        errand = self._tokens.seal_errand(name, deed, stands_for(body), by.name, by.role)
        async with self._session.request(
            method,
            f"http://{name.partition('@')[2]}{path}",
            headers={"Authorization": f"{SCHEME} {errand}"},
            data=body or None,
            timeout=patience,
            allow_redirects=False,
            read_bufsize=_LONGEST_LINE,
        ) as answer:
            yield answer

    def sent(self, request: web.Request) -> Operator | None:
        """For whom another replica asks here; None where it is none that asks.

        Raises:
            Refused: no replica of this service has sent this, to this one, within half a minute.
        """
        scheme, _, errand = request.headers.get("Authorization", "").partition(" ")
        if scheme != SCHEME:
            return None
        deed = f"{request.method} {request.rel_url.raw_path}"
        try:
            body, name, role = self._tokens.open_errand(errand, self._fleet.desk.me, deed)
        except BadToken:
            raise Refused(Why.MALFORMED) from None
        return Operator(name, Role(role), body)


@asynccontextmanager
async def open_neighbours(fleet: Fleet | None, tokens: Tokens) -> AsyncIterator[Neighbours | None]:
    """What a process can ask the others; None where there can be none."""
    if fleet is None:
        yield None
        return
    # As many connections as operators watch: they are bounded where they come in.
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Neighbours(fleet, tokens, session)
