"""`GET`, `PUT /api/v1/capacity`: how busy the process is, and what operators have it take."""

from math import isfinite
from typing import Any

import orjson
from aiohttp import web

from bridge.service.bodies import read_body
from bridge.service.capacity import CapacityLimits
from bridge.service.floor.schemas import operation, replies
from bridge.service.guards import Role
from bridge.service.parts import AUDIT, CAPACITY, GUARDS, SWITCHBOARD

LARGEST_ORDER = 1024
"""Bytes in what sets the limits."""

LARGEST_LIMIT = 1_000_000
"""More means nothing, and is a slip."""


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
    await request.app[AUDIT].add(operator, "capacity.set", "capacity", in_words(limits))
    request.app[CAPACITY].limits = limits
    return _told(request)


def in_words(limits: CapacityLimits) -> str:
    """What an editor has set, for the audit log."""
    return f"{limits.most_calls} calls, {limits.sessions_a_minute} sessions a minute"


def _limits(body: bytes) -> CapacityLimits:
    try:
        order: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        order = None
    match order:
        case {"most_calls": calls, "sessions_a_minute": sessions, **more} if not more:
            most, a_minute = _whole(calls), _whole(sessions)
            if most is not None and a_minute is not None:
                return CapacityLimits(most_calls=most, sessions_a_minute=a_minute)
    raise ValueError('The body must be JSON like {"most_calls": 80, "sessions_a_minute": 30}.')


def _whole(value: Any) -> int | None:
    """A whole number as JSON has it, 80 or 80.0, that can be meant; None for anything else."""
    is_number = type(value) in (int, float)  # a bool is an int, too
    return int(value) if is_number and value in range(LARGEST_LIMIT + 1) else None


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


_LIMITS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "most_calls": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
        "sessions_a_minute": {"type": "integer", "minimum": 0, "maximum": LARGEST_LIMIT},
    },
    "required": ["most_calls", "sessions_a_minute"],
    "additionalProperties": False,
}
_TOLD = {
    "description": "The limits, and what is used of them.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "most_calls": {"type": "integer"},
                    "sessions_a_minute": {"type": "integer"},
                    "calls": {"type": "integer"},
                    "free_sessions": {"type": ["number", "null"]},
                    "core": {"type": "number"},
                    "late_ms": {"type": "number"},
                    "turned_away": {
                        "type": "object",
                        "additionalProperties": {"type": "integer"},
                    },
                },
            }
        }
    },
}
PATHS: dict[str, Any] = {
    "/api/v1/capacity": {
        "get": operation("How busy this process is.", {"200": _TOLD}),
        "put": operation(
            "Set what this process may take, from the next call on.",
            {"200": _TOLD} | replies(400, 413),
            body=_LIMITS,
        ),
    }
}
