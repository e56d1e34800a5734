"""`/api/v1/calls/events`: server-sent events, so that nobody has to ask again and again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from bridge.call.race import race
from bridge.service.floor.doors import refusals
from bridge.service.floor.errors import OutOfReach, TooManyWatchers
from bridge.service.floor.floor import Floor
from bridge.service.floor.live import LiveDetail
from bridge.service.floor.news import PING_S, Changes, News, news
from bridge.service.floor.schemas import operation, replies, schema_of
from bridge.service.guards import Operator, Role
from bridge.service.parts import FLOOR, GUARDS

LONGEST_S = 900.0
"""Then a stream ends, and whoever opens it again shows again who they are."""
AGAIN_S = 10
"""When to try again, where too many watch."""


async def watch_calls(request: web.Request) -> web.StreamResponse:
    """Send readers what changes on the floor, at most four times a second."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    return await _stream(request, operator, request.app[FLOOR].changes(operator))


async def watch_call(request: web.Request) -> web.StreamResponse:
    """Send readers what happens in a call, until it ends."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    with refusals():
        details = await request.app[FLOOR].changes_of(request.match_info["id"], operator)
    return await _stream(request, operator, _news_of(details))


async def _news_of(details: AsyncGenerator[LiveDetail]) -> AsyncGenerator[News]:
    seen: LiveDetail | None = None
    async with aclosing(details):
        async for detail in details:
            yield news(seen, detail)
            seen = detail


async def _stream(
    request: web.Request, operator: Operator, messages: AsyncGenerator[Any]
) -> web.StreamResponse:
    """Send until there is no more, nobody reads, the time is up, or the process stops."""
    floor = request.app[FLOOR]
    try:
        with floor.watching(operator):
            async with sse_response(request, ping_interval=PING_S) as stream:
                with suppress(ConnectionError, TimeoutError, OutOfReach):
                    await race(_send(stream, messages), stream.wait(), _time_is_up(floor))
    except TooManyWatchers as error:
        raise web.HTTPServiceUnavailable(
            text=str(error), headers={"Retry-After": str(AGAIN_S)}
        ) from error
    return stream


async def _send(stream: EventSourceResponse, messages: AsyncGenerator[Any]) -> None:
    async with aclosing(messages):
        async for message in messages:
            await stream.send(orjson.dumps(message).decode())
    await stream.send("{}", event="over")


async def _time_is_up(floor: Floor) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_S):
            await floor.closed.wait()


def _events(summary: str, kind: Any) -> dict[str, Any]:
    return {
        "get": operation(
            summary,
            {
                "200": {
                    "description": "Server-sent events; the data of each is JSON.",
                    "content": {"text/event-stream": {"schema": {"type": "string"}}},
                    "x-event-data": schema_of(kind),
                }
            }
            | replies(404, 502, 503),
        )
    }


PATHS: dict[str, Any] = {
    "/api/v1/calls/events": _events("What changes among the calls in progress.", Changes),
    "/api/v1/calls/{id}/events": _events("What happens in one call, until `over`.", News),
}
