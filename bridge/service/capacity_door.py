"""`GET`, `PUT /api/v1/capacity`: how busy the process is, and what operators have it take."""

from math import isfinite
from typing import Any

import orjson
from aiohttp import web

from bridge.service.bodies import read_body
from bridge.service.capacity import CapacityLimits
from bridge.service.guards import Role
from bridge.service.parts import AUDIT, CAPACITY, GUARDS, SWITCHBOARD

LARGEST_ORDER = 1024
"""Bytes in what sets the limits."""


async def see_capacity(request: web.Request) -> web.Response:
    """Tell readers the limits, and what is used of them."""
    await request.app[GUARDS].operator(request, Role.READER)
    return _told(request)


async def set_capacity(request: web.Request) -> web.Response:
    """Have an editor set both limits, for the next call on; until the process ends."""
    operator = await request.app[GUARDS].operator(request, Role.EDITOR)
    try:
        limits = _limits(await read_body(request, LARGEST_ORDER))
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    detail = f"{limits.most_calls} calls, {limits.sessions_a_minute} sessions a minute"
    await request.app[AUDIT].add(operator, "capacity.set", "capacity", detail)
    request.app[CAPACITY].limits = limits
    return _told(request)


def _limits(body: bytes) -> CapacityLimits:
    try:
        order: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        order = None
    match order:
        case {"most_calls": int(calls), "sessions_a_minute": int(sessions), **more} if (
            not more and type(calls) is type(sessions) is int  # a bool is an int, too
        ):
            return CapacityLimits(most_calls=calls, sessions_a_minute=sessions)
    raise ValueError('The body must be JSON like {"most_calls": 80, "sessions_a_minute": 30}.')


def _told(request: web.Request) -> web.Response:
    capacity = request.app[CAPACITY]
    free = capacity.pace.free()
    return web.json_response(
        {
            "most_calls": capacity.limits.most_calls,
            "sessions_a_minute": capacity.limits.sessions_a_minute,
            "calls": len(request.app[SWITCHBOARD].in_progress),
            "free_sessions": free if isfinite(free) else None,
            "core": round(capacity.load.core, 3),
            "late_ms": round(capacity.load.late_s * 1000, 1),
            "turned_away": dict(capacity.turned_away),
        }
    )
