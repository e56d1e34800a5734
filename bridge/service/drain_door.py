"""`GET`, `POST /api/v1/drain`: the process takes no new calls, and ends after the last one."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from bridge.service.floor.schemas import operation
from bridge.service.guards import Role
from bridge.service.parts import AUDIT, DRAIN, GUARDS, SWITCHBOARD


@dataclass(frozen=True)
class Drain:
    """How far a process is from its end."""

    draining: bool
    """It takes no new calls, and ends after the last one."""
    calls: int
    """That are still in progress."""


def add_drain_doors(app: web.Application) -> None:
    """Open them."""
    app[DRAIN] = asyncio.Event()
    app.router.add_get("/api/v1/drain", see_drain)
    app.router.add_post("/api/v1/drain", start_drain)


async def see_drain(request: web.Request) -> web.Response:
    """Tell readers whether the process drains, and how many calls it still has."""
    await request.app[GUARDS].operator(request, Role.READER)
    return _told(request)


async def start_drain(request: web.Request) -> web.Response:
    """Have an editor start it; there is no way back. What SIGTERM does, this does."""
    operator = await request.app[GUARDS].operator(request, Role.EDITOR)
    await request.app[AUDIT].add(operator, "service.drain", "")
    request.app[SWITCHBOARD].take_no_more()
    request.app[DRAIN].set()
    return _told(request)


def _told(request: web.Request) -> web.Response:
    switchboard = request.app[SWITCHBOARD]
    drain = Drain(switchboard.draining, len(switchboard.in_progress))
    return web.json_response(asdict(drain))


PATHS: dict[str, Any] = {
    "/api/v1/drain": {
        "get": operation(
            "Whether the process drains, and how many calls it has.", {"200": ("So far.", Drain)}
        ),
        "post": operation(
            "Take no new calls, and end after the last one.", {"200": ("It does.", Drain)}
        ),
    }
}
