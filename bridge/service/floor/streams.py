"""`/api/v1/calls/events`: server-sent events, so that nobody has to ask again and again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from bridge.call.race import race
from bridge.flow.ended import Said
from bridge.service.floor.floor import Changes, Floor, NoSuchCall, TooManyWatchers
from bridge.service.floor.live import LiveCall, LiveDetail
from bridge.service.floor.moments import Moment
from bridge.service.floor.schemas import operation, replies, schema_of
from bridge.service.guards import Role
from bridge.service.parts import FLOOR, GUARDS

LONGEST_S = 900.0
"""Then a stream ends, and whoever opens it again shows again who they are."""
PING_S = 5.0
"""How soon it is noticed that nobody reads any more."""
AGAIN_S = 10
"""When to try again, where too many watch."""


@dataclass(frozen=True)
class News:
    """What has changed in one call: of what was said and of the timeline, no more than that."""

    call: LiveCall
    said_from: int
    """The first line that is new or changed, counted from 0; those after it follow."""
    said: tuple[Said, ...]
    timeline: tuple[Moment, ...]
    """Those that are new, and those that changed, by their numbers."""
    forgotten: int
    takes_lines: bool


def news(before: LiveDetail | None, after: LiveDetail) -> News:
    """What to tell of a call to somebody who knows it as it was."""
    said = before.said if before else ()
    pairs = zip(said, after.said, strict=False)
    same = next((at for at, (old, new) in enumerate(pairs) if old != new), None)
    said_from = min(len(said), len(after.said)) if same is None else same
    known = {moment.number: moment for moment in before.timeline} if before else {}
    return News(
        after.call,
        said_from,
        after.said[said_from:],
        tuple(moment for moment in after.timeline if known.get(moment.number) != moment),
        after.forgotten,
        after.takes_lines,
    )


async def watch_calls(request: web.Request) -> web.StreamResponse:
    """Send readers what changes on the floor, at most four times a second."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    floor = request.app[FLOOR]
    return await _stream(request, floor, floor.changes(operator.role))


async def watch_call(request: web.Request) -> web.StreamResponse:
    """Send readers what happens in a call, until it ends."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    floor, call_id = request.app[FLOOR], request.match_info["id"]
    if not floor.has(call_id):
        raise web.HTTPNotFound(text=str(NoSuchCall()))
    return await _stream(request, floor, _news_of(floor, call_id, operator.role))


async def _news_of(floor: Floor, call_id: str, role: Role) -> AsyncGenerator[News]:
    seen: LiveDetail | None = None
    async with aclosing(floor.changes_of(call_id, role)) as details:
        async for detail in details:
            yield news(seen, detail)
            seen = detail


async def _stream(
    request: web.Request, floor: Floor, messages: AsyncGenerator[Any]
) -> web.StreamResponse:
    """Send until there is no more, nobody reads, the time is up, or the process stops."""
    try:
        with floor.watching():
            async with sse_response(request, ping_interval=PING_S) as stream:
                with suppress(ConnectionError, TimeoutError):
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
            | replies(404, 503),
        )
    }


PATHS: dict[str, Any] = {
    "/api/v1/calls/events": _events("What changes among the calls in progress.", Changes),
    "/api/v1/calls/{id}/events": _events("What happens in one call, until `over`.", News),
}
