"""The page of the process: what it can take, what it stands on, and who was refused."""

import platform
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bridge.call.ends import Reason
from bridge.console.parts import SETTINGS, STARTED
from bridge.console.visits import Visit, let_in, page
from bridge.service.capacity import CapacityLimits, Shortage
from bridge.service.capacity_door import in_words
from bridge.service.floor.history import Search
from bridge.service.guards import Role
from bridge.service.load import HIGH_CORE
from bridge.service.parts import AUDIT, CAPACITY, DRAIN, FLEET, HISTORY, REFUSALS, SWITCHBOARD
from bridge.service.settings import Settings
from bridge.version import __version__

SHORTAGES = {
    Shortage.FULL: "all places taken",
    Shortage.BUSY_PROCESS: "the processor was busy",
    Shortage.QUOTA: "the line's own limit",
    Shortage.SESSIONS: "no session with Voice Live in time",
}


TROUBLES = {
    Reason.ERROR: "a fault of the service; the log has it",
    Reason.UNREACHABLE: "speech could not be reached",
    Reason.LOST: "a connection was lost",
    Reason.REFUSED: "refused by Voice Live or by the carrier",
    Reason.MEDIA_FAILED: "the carrier's sound failed",
    Reason.DISCONNECTED: "ended by the network with a failure",
    Reason.REPLICA_LOST: "a replica was lost",
}
MOST_COUNTED = 100


@page("service.html")
async def show(visit: Visit) -> dict[str, Any]:
    """All of it."""
    return await _content(visit)


@page("service_now.html")
async def now(visit: Visit) -> dict[str, Any]:
    """What changes by the second."""
    return _figures(visit)


async def set_capacity(request: web.Request) -> web.StreamResponse:
    """Set both limits, for the next call on; what makes no sense is told beside the form."""
    visit = await let_in(request, Role.EDITOR)
    form = await request.post()
    given = {name: str(form.get(name, "")).strip() for name in ("most_calls", "sessions_a_minute")}
    try:
        limits = CapacityLimits(**{name: _whole(name, text) for name, text in given.items()})
    except ValueError as error:
        content = await _content(visit) | {"given": given, "problem": str(error)}
        answer = await visit.page("service.html", **content)
        answer.set_status(422)
        return answer
    await visit.part(AUDIT).add(visit.operator, "capacity.set", "capacity", in_words(limits))
    visit.part(CAPACITY).limits = limits
    raise web.HTTPSeeOther("/console/service?told=capacity")


async def drain(request: web.Request) -> web.StreamResponse:
    """Have this replica take no new calls, and end after the last one."""
    visit = await let_in(request, Role.EDITOR)
    await visit.part(AUDIT).add(visit.operator, "service.drain", "")
    visit.part(SWITCHBOARD).take_no_more()
    visit.part(DRAIN).set()
    raise web.HTTPSeeOther("/console/service")


def _whole(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{name} needs a whole number.")
    return int(text)


async def _troubles(visit: Visit) -> list[tuple[str, str, int]]:
    """How many calls of the last day have ended badly: by why, in words, the most first."""
    since = datetime.now(UTC) - timedelta(days=1)
    found = []
    for reason, words in TROUBLES.items():
        search = Search(reason=reason, since=since, limit=MOST_COUNTED)
        if count := len(await visit.part(HISTORY).calls(search)):
            found.append((str(reason), words, count))
    return sorted(found, key=lambda each: -each[2])


async def _content(visit: Visit) -> dict[str, Any]:
    limits, settings = visit.part(CAPACITY).limits, visit.part(SETTINGS)
    return _figures(visit) | {
        "given": {
            "most_calls": limits.most_calls,
            "sessions_a_minute": limits.sessions_a_minute,
        },
        "troubles": await _troubles(visit),
        "most_counted": MOST_COUNTED,
        "problem": "",
        "told": visit.request.query.get("told"),
        "versions": {
            "Interlude": __version__,
            "Python": platform.python_version(),
            "Voice Live": f"{urlsplit(settings.voicelive_endpoint).hostname}, "
            f"API {settings.voicelive_api_version}",
            "Reached at": settings.interlude_public_url,
            "Call flows": settings.interlude_flows,
        },
        "kept": list(kept(settings)),
    }


def _figures(visit: Visit) -> dict[str, Any]:
    capacity, switchboard = visit.part(CAPACITY), visit.part(SWITCHBOARD)
    limits, free = capacity.limits, capacity.pace.free()
    calls, fleet = len(switchboard.in_progress), visit.request.config_dict.get(FLEET)
    return {
        "replica": fleet.name if fleet else socket.gethostname(),
        "is_alone": fleet is None,
        "runs_s": (datetime.now(UTC) - visit.part(STARTED)).total_seconds(),
        "calls": calls,
        "most_calls": limits.most_calls,
        "is_full": calls >= limits.most_calls,
        "sessions_a_minute": limits.sessions_a_minute,
        "free_sessions": int(free) if isfinite(free) else None,
        "core": capacity.load.core,
        "high_core": HIGH_CORE,
        "late_ms": capacity.load.late_s * 1000,
        "is_busy": capacity.load.is_high,
        "is_open": switchboard.breaker.is_open,
        "draining": switchboard.draining,
        "turned_away": [(SHORTAGES[why], n) for why, n in capacity.turned_away.most_common()],
        "refusals": list(visit.part(REFUSALS).latest)[:10],
        "refused": visit.part(REFUSALS).counts.total(),
    }


def kept(settings: Settings) -> Iterator[tuple[str, str, bool | None]]:
    """What outlives the process, and what does not: a name, a sentence, whether it is kept.

    None is for what need not be.
    """
    state, flights = settings.interlude_state, settings.interlude_flights
    if state:
        yield "Versions, history, audit", f"Kept in {state}.", True
    else:
        sentence = "Gone when this process ends. Set INTERLUDE_STATE to a folder to keep them."
        yield "Versions, history, audit", sentence, False
    if settings.interlude_secret:
        yield "Who is signed in", "For 8 hours, over restarts.", True
    else:
        sentence = "Until this process ends. Set INTERLUDE_SECRET to keep them signed in."
        yield "Who is signed in", sentence, False
    if flights:
        what = "with the caller's voice" if settings.interlude_flights_sound else "without sound"
        yield "Recordings of what came into each call", f"Kept in {flights}, {what}.", True
    else:
        sentence = "Off. Set INTERLUDE_FLIGHTS to a folder to replay calls; it is personal data."
        yield "Recordings of what came into each call", sentence, None
    yield (
        "Capacity as set here",
        "Until this process ends. INTERLUDE_MOST_CALLS is what the next one begins with.",
        None,
    )
    yield "Prompts", f"Kept in {settings.interlude_prompts}; rendered again if they are lost.", True
