"""`GET /api/v1/openapi.json`: what operators' systems can do, described where each door is made."""

from typing import Any

from aiohttp import web

from bridge.service import capacity_door, drain_door
from bridge.service.floor import doors as floor_doors
from bridge.service.floor import history_doors
from bridge.service.floor import streams as floor_streams
from bridge.service.floor.schemas import operation
from bridge.service.guards import Role
from bridge.service.numbers import routes as numbers_routes
from bridge.service.parts import GUARDS
from bridge.version import __version__

PATH = "/api/v1/openapi.json"

PATHS: dict[str, Any] = {
    PATH: {
        "get": operation(
            "This description.",
            {
                "200": {
                    "description": "OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                }
            },
        )
    },
    **capacity_door.PATHS,
    **drain_door.PATHS,
    **floor_doors.PATHS,
    **floor_streams.PATHS,
    **history_doors.PATHS,
    **numbers_routes.PATHS,
}


def description() -> dict[str, Any]:
    """All operations under `/api/v1`, as OpenAPI 3.1 has them."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interlude for operators",
            "version": __version__,
            "description": "All that the console does. Bodies of refusals are sentences.",
        },
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "INTERLUDE_API_KEY, INTERLUDE_READ_KEY or a token of yours.",
                }
            }
        },
        "paths": PATHS,
    }


async def describe(request: web.Request) -> web.Response:
    """Describe the doors to readers."""
    await request.app[GUARDS].operator(request, Role.READER)
    return web.json_response(description())
