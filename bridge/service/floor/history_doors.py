"""`/api/v1/history`, `/api/v1/waits`, `/api/v1/audit`: what was, and who did what."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from bridge.service.floor.audit import Entry
from bridge.service.floor.doors import answer
from bridge.service.floor.history import Finished, Search
from bridge.service.floor.past import PastCall, past_call
from bridge.service.floor.queries import Name, Number, Query, Time, parameters, read_query
from bridge.service.floor.schemas import operation, replies
from bridge.service.floor.waits import BIN_MS, WaitFigures
from bridge.service.guards import Role
from bridge.service.parts import AUDIT, FLIGHTS, GUARDS, HISTORY

WEEK = timedelta(days=7)


class WaitSearch(Query):
    """Which waits to look at."""

    since: Time | None = None
    """Of calls that began then or later; without it, in the last seven days."""
    until: Time | None = None
    """Of calls that began earlier."""
    flow: Name | None = None
    """Of one flow."""
    tool: Name | None = None
    """For one tool."""


class AuditSearch(Query):
    """Which entries to find; what is not given is not asked for."""

    who: Name | None = None
    """What this operator did."""
    about: Name | None = None
    """What was done to this."""
    before: Number | None = None
    """Those with a smaller id: to go on from the last of an answer."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """So many at most."""


@dataclass(frozen=True)
class FinishedCalls:
    """What a search has found."""

    calls: list[Finished]


@dataclass(frozen=True)
class WaitsOf:
    """The waits of a time."""

    waits: list[WaitFigures]
    bin_ms: int = BIN_MS
    """Each of `lengths` is so wide."""


@dataclass(frozen=True)
class Entries:
    """Of the audit log."""

    entries: list[Entry]


async def see_history(request: web.Request) -> web.Response:
    """Tell readers of calls that have ended, the latest first."""
    await request.app[GUARDS].operator(request, Role.READER)
    search = read_query(request, Search)
    return answer(FinishedCalls(await request.app[HISTORY].calls(search)))


async def see_finished(request: web.Request) -> web.Response:
    """Tell readers of one of them; what was said is there if a flight of it was kept."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    call = await request.app[HISTORY].call(request.match_info["id"])
    if call is None:
        raise web.HTTPNotFound(text="Nothing is kept of such a call.")
    past = await past_call(call, request.app[FLIGHTS].file_of(call.id))
    return answer(past if operator.role >= Role.EDITOR else past.masked())


async def see_waits(request: web.Request) -> web.Response:
    """Tell readers how callers waited."""
    await request.app[GUARDS].operator(request, Role.READER)
    search = read_query(request, WaitSearch)
    until = search.until or datetime.now(UTC)
    since = search.since or until - WEEK
    history = request.app[HISTORY]
    return answer(WaitsOf(await history.waits(since, until, flow=search.flow, tool=search.tool)))


async def see_audit(request: web.Request) -> web.Response:
    """Tell readers who did what."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    search = read_query(request, AuditSearch)
    entries = await request.app[AUDIT].entries(**search.model_dump())
    if operator.role < Role.EDITOR:
        entries = [entry.masked() for entry in entries]
    return answer(Entries(entries))


PATHS: dict[str, Any] = {
    "/api/v1/history": {
        "get": operation(
            "Calls that have ended, the latest first.",
            {"200": ("Those that were found.", FinishedCalls)} | replies(400),
            parameters=parameters(Search),
        )
    },
    "/api/v1/history/{id}": {
        "get": operation(
            "A call that has ended; what was said is there if a flight of it was kept.",
            {"200": ("The call.", PastCall)} | replies(404),
            parameters=[
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
        )
    },
    "/api/v1/waits": {
        "get": operation(
            "How callers waited, by flow and by what they waited for.",
            {"200": ("Figures, of the most waits first.", WaitsOf)} | replies(400),
            parameters=parameters(WaitSearch),
        )
    },
    "/api/v1/audit": {
        "get": operation(
            "What operators did, the latest first.",
            {"200": ("Those that were found.", Entries)} | replies(400),
            parameters=parameters(AuditSearch),
        )
    },
}
