"""Another replica that has a call, and what an operator sees of it and has it do."""

import re
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import orjson
from pydantic import TypeAdapter

from bridge.flow.errors import FlowError
from bridge.service.floor.errors import NoSuchCall, NotNow, OutOfReach
from bridge.service.floor.live import LiveDetail
from bridge.service.floor.news import PING_S, News, told
from bridge.service.guards import Operator
from bridge.service.replicas.neighbours import UNANSWERED, Neighbours

ASK_S = 1.0
"""For an answer of a neighbour."""
ASK = aiohttp.ClientTimeout(total=ASK_S)
WATCH = aiohttp.ClientTimeout(total=None, sock_connect=ASK_S, sock_read=PING_S + 2)
"""A stream in which nothing changes has pings; without, whoever sends it is lost."""
_ACT = aiohttp.ClientTimeout(total=5)
"""To take an order: it is in the audit log first, so on a disk."""

_ID = re.compile(r"\w{1,64}", re.ASCII)
"""Of a call: what else is asked for names another door."""

T = TypeVar("T")

_DETAIL, _NEWS = TypeAdapter(LiveDetail), TypeAdapter(News)


async def events(stream: aiohttp.ClientResponse, kind: TypeAdapter[T]) -> AsyncGenerator[T]:
    """What a stream tells, until it is over.

    Raises:
        ClientError: it broke, or is none.
        ValueError: it is of another release.
    """
    stream.raise_for_status()
    async for line in stream.content:
        if line.startswith(b"event: over"):
            return
        if line.startswith(b"data: "):
            yield kind.validate_json(line[6:])
    raise aiohttp.ServerDisconnectedError


class There:
    """One neighbour."""

    def __init__(self, neighbours: Neighbours, name: str) -> None:
        self._neighbours = neighbours
        self._name = name

    async def has(self, call_id: str, by: Operator) -> bool | None:
        """Whether it has a call; None where it does not say."""
        if not _ID.fullmatch(call_id):
            return False
        try:
            async with self._neighbours.ask(self._name, "HEAD", _path(call_id), by, ASK) as answer:
                says: dict[int, bool] = {HTTPStatus.OK: True, HTTPStatus.NOT_FOUND: False}
                return says.get(answer.status)
        except UNANSWERED:
            return None

    async def call(self, call_id: str, by: Operator) -> LiveDetail:
        """A call that it has; errors are those of the floor."""
        try:
            async with self._neighbours.ask(self._name, "GET", _path(call_id), by, ASK) as answer:
                if answer.status == HTTPStatus.NOT_FOUND:
                    raise NoSuchCall
                answer.raise_for_status()
                return _DETAIL.validate_json(await answer.read())
        except UNANSWERED as error:
            raise OutOfReach(_HAS) from error

    async def changes_of(self, call_id: str, by: Operator) -> AsyncGenerator[LiveDetail]:
        """The call whenever something has changed, until it is over there.

        Raises:
            OutOfReach: it does not answer any more.
        """
        detail: LiveDetail | None = None
        path = f"{_path(call_id)}/events"
        try:
            async with self._neighbours.ask(self._name, "GET", path, by, WATCH) as stream:
                if stream.status == HTTPStatus.NOT_FOUND:
                    return
                async for what in events(stream, _NEWS):
                    detail = told(detail, what)
                    yield detail
        except UNANSWERED as error:
            raise OutOfReach(_HAS) from error

    async def end(self, call_id: str, by: Operator, say: str | None = None) -> None:
        """Hang up; errors are those of the floor."""
        await self._order(call_id, by, "end", say=say)

    async def transfer(self, call_id: str, to: str, by: Operator, say: str | None = None) -> None:
        """Connect the caller with a number; errors are those of the floor."""
        await self._order(call_id, by, "transfer", to=to, say=say)

    async def say(self, call_id: str, text: str, by: Operator) -> None:
        """Have the line say something; errors are those of the floor."""
        await self._order(call_id, by, "say", text=text)

    async def _order(self, call_id: str, by: Operator, deed: str, **order: str | None) -> None:
        path = f"{_path(call_id)}/{deed}"
        try:
            async with self._neighbours.ask(
                self._name, "POST", path, by, _ACT, orjson.dumps(order)
            ) as answer:
                status, sentence = answer.status, await answer.text()
        except UNANSWERED as error:
            raise OutOfReach(_MAY_HAVE_DONE) from error
        match status:
            case HTTPStatus.ACCEPTED:
                return
            case HTTPStatus.NOT_FOUND:
                raise NoSuchCall
            case HTTPStatus.CONFLICT:
                raise NotNow(sentence)
            case HTTPStatus.BAD_REQUEST:
                raise FlowError(sentence)
        raise OutOfReach(_HAS)


def _path(call_id: str) -> str:
    return f"/api/v1/calls/{call_id}"


_HAS = "The replica that has the call does not answer; try again in ten seconds."
_MAY_HAVE_DONE = (
    "The replica that has the call did not answer in time, and may have done it all the same: "
    "look at the call before you try again."
)
