"""Opening the floor: its parts, and the routes to them."""

from aiohttp import web

from bridge.service.floor import doors, history_doors, streams
from bridge.service.floor.audit import Audit
from bridge.service.floor.elsewhere import Elsewhere
from bridge.service.floor.floor import Floor
from bridge.service.floor.here import Here
from bridge.service.floor.history import History
from bridge.service.parts import AUDIT, FLIGHTS, FLOOR, HISTORY, LEDGER, SWITCHBOARD
from bridge.service.replicas.neighbours import Neighbours

PATHS = doors.PATHS | streams.PATHS | history_doors.PATHS
"""All of them, as OpenAPI 3.1 has it."""


async def open_floor(app: web.Application, neighbours: Neighbours | None) -> None:
    """Make the parts, once there are a ledger and a switchboard."""
    audit = app[AUDIT] = Audit(app[LEDGER])
    await audit.open()
    history = app[HISTORY] = History(
        app[LEDGER], lambda call_id: bool(app[FLIGHTS].file_of(call_id))
    )
    await history.open()
    here = Here(lambda: app[SWITCHBOARD].live, audit)
    app[FLOOR] = Floor(here, Elsewhere(neighbours) if neighbours else None)


async def _close(app: web.Application) -> None:
    """Nobody watches any more: no stream is to hold up the end of the process."""
    app[FLOOR].closed.set()


def add_floor_doors(app: web.Application) -> None:
    """Let operators in."""
    app.on_shutdown.append(_close)
    app.router.add_get("/api/v1/calls", doors.see_calls)
    app.router.add_get("/api/v1/calls/events", streams.watch_calls)
    app.router.add_get("/api/v1/calls/{id}", doors.see_call)
    app.router.add_get("/api/v1/calls/{id}/events", streams.watch_call)
    app.router.add_get("/api/v1/history", history_doors.see_history)
    app.router.add_get("/api/v1/history/{id}", history_doors.see_finished)
    app.router.add_get("/api/v1/waits", history_doors.see_waits)
    app.router.add_get("/api/v1/audit", history_doors.see_audit)
    app.router.add_post("/api/v1/calls/{id}/end", doors.end_call)
    app.router.add_post("/api/v1/calls/{id}/transfer", doors.transfer_call)
    app.router.add_post("/api/v1/calls/{id}/say", doors.say_in_call)
