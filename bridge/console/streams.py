"""Pages that change while somebody looks: pieces of them, sent as they change."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from bridge.call.race import race
from bridge.console.calls_view import WHAT, lines_of, moments_of
from bridge.console.visits import Visit, let_in
from bridge.service.floor.errors import NoSuchCall, OutOfReach, TooManyWatchers
from bridge.service.floor.live import LiveDetail
from bridge.service.floor.news import PING_S
from bridge.service.guards import Role
from bridge.service.parts import FLOOR

LONGEST_S = 900.0
"""Then a stream ends, and the browser opens another, if who looks may still look."""


async def watch_calls(request: web.Request) -> web.StreamResponse:
    """All calls at first, then rows that are new, changed or gone."""
    visit = await let_in(request, Role.READER)
    return await _stream(visit, _rows(visit))


async def watch_call(request: web.Request) -> web.StreamResponse:
    """One call's lines and moments as they come, until it is over."""
    visit = await let_in(request, Role.READER)
    try:
        details = await visit.part(FLOOR).changes_of(request.match_info["id"], visit.operator)
    except NoSuchCall as error:
        raise web.HTTPNoContent from error  # the browser does not ask again
    except OutOfReach as error:
        raise web.HTTPBadGateway(text=str(error)) from error
    return await _stream(visit, _pieces(visit, details))


async def _rows(visit: Visit) -> AsyncGenerator[dict[str, Any]]:
    known: set[str] | None = None
    missing: int | None = None
    async with aclosing(visit.part(FLOOR).changes(visit.operator)) as all_changes:
        async for changes in all_changes:
            ids = {call.id for call in changes.calls}
            count = len((known or set()) | ids) - len(changes.gone)
            yield {
                "template": "calls_changed.html",
                "is_first": known is None,
                "known": known or set(),
                "calls": changes.calls,
                "gone": changes.gone,
                "count": count,
                "missing": None if changes.missing == missing else changes.missing,
                "now": changes.now,
            }
            known, missing = ((known or set()) | ids) - set(changes.gone), changes.missing


async def _pieces(
    visit: Visit, details: AsyncGenerator[LiveDetail]
) -> AsyncGenerator[dict[str, Any]]:
    said: dict[int, Any] = {}
    moments: dict[int, Any] = {}
    is_first = True
    async with aclosing(details):
        async for detail in details:
            lines = {line.number: line for line in lines_of(detail.said)}
            bars = {bar.number: bar for bar in moments_of(detail.timeline)}
            yield {
                "template": "call_changed.html",
                "is_first": is_first,
                "call": detail.call,
                "detail": detail,
                "said": _changed(said, lines),
                "known_lines": said.keys(),
                "timeline": _changed(moments, bars),
                "known_moments": moments.keys(),
                "unsaid": [number for number in said if number not in lines],
                "now": visit.part(FLOOR).now,
            }
            said, moments, is_first = lines, bars, False
    yield {"template": "call_over.html", "call_id": visit.request.match_info["id"]}


def _changed(before: dict[int, Any], after: dict[int, Any]) -> list[Any]:
    return [each for number, each in after.items() if before.get(number) != each]


async def _stream(visit: Visit, pieces: AsyncGenerator[dict[str, Any]]) -> web.StreamResponse:
    floor = visit.part(FLOOR)
    try:
        with floor.watching(visit.operator):
            async with sse_response(visit.request, ping_interval=PING_S) as stream:
                with suppress(ConnectionError, TimeoutError, OutOfReach):
                    await race(
                        _send(visit, stream, pieces), stream.wait(), _time_is_up(floor.closed)
                    )
    except TooManyWatchers as error:
        raise web.HTTPServiceUnavailable(text=str(error), headers={"Retry-After": "10"}) from error
    return stream


async def _send(
    visit: Visit, stream: EventSourceResponse, pieces: AsyncGenerator[dict[str, Any]]
) -> None:
    async with aclosing(pieces):
        async for content in pieces:
            template = content.pop("template")
            text = await asyncio.to_thread(
                aiohttp_jinja2.render_string,
                template,
                visit.request,
                {"what": WHAT, "may_edit": visit.may_edit, **content},
            )
            await stream.send(_on_few_lines(text.splitlines()))
    await stream.send("", event="over")


def _on_few_lines(lines: Iterable[str]) -> str:
    """Each line of an event costs a field name, and lines mean nothing in these pieces."""
    return " ".join(line for line in lines if line.strip())


async def _time_is_up(closed: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_S):
            await closed.wait()
