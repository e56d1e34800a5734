"""The web application: its parts, and its routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict

from aiohttp import web
from structlog import get_logger

from bridge.acs.calls import open_calls
from bridge.call.common import Common, OneCall
from bridge.call.history import History
from bridge.call.pace import PromptSessions
from bridge.call.record import Record
from bridge.call.ticker import Ticker
from bridge.flow.call import Call
from bridge.service import api_description
from bridge.service.after_call import after_calls
from bridge.service.azure_doors import add_azure_doors
from bridge.service.bearer import Why
from bridge.service.calls_door import CallsDoor
from bridge.service.capacity import Capacity
from bridge.service.capacity_door import see_capacity, set_capacity
from bridge.service.carrier import Carrier
from bridge.service.doors import Doors
from bridge.service.drain_door import add_drain_doors
from bridge.service.exporters import metric_exporters, span_exporters
from bridge.service.flights import Flights
from bridge.service.floor.routes import add_floor_doors, open_floor
from bridge.service.flows import Flows
from bridge.service.guardroom import open_guards
from bridge.service.guards import Door, Role
from bridge.service.ledger import open_ledger
from bridge.service.metrics import CONTENT_TYPE, Metrics
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.routes import add_numbers_doors
from bridge.service.numbers.versions import Versions
from bridge.service.parts import (
    AFTER_CALLS,
    CAPACITY,
    CARRIER,
    FLEET,
    FLIGHTS,
    GUARDS,
    HISTORY,
    LEDGER,
    LINES,
    METRICS,
    PROMPTS,
    REFUSALS,
    SOUNDS,
    SWITCHBOARD,
    TOKENS,
    VOICES,
)
from bridge.service.posting import PostBox
from bridge.service.prompts import PromptStore
from bridge.service.refusals import Refusals
from bridge.service.replicas.joining import joined, open_fleet
from bridge.service.replicas.neighbours import open_neighbours
from bridge.service.settings import Settings
from bridge.service.switchboard import Switchboard
from bridge.service.tokens import Tokens
from bridge.service.traces import Traces
from bridge.voicelive.connection import open_voices

log = get_logger(__name__)


def log_record(call: Call, record: Record) -> None:
    """Write the one line that a call leaves in the log."""
    log.info("call.ended", call_id=call.id, correlation_id=call.correlation_id, **asdict(record))


def build_app(
    settings: Settings,
    flows: Flows,
    *,
    report: Callable[[Call, Record], None] = log_record,
    extras: Sequence[Callable[[web.Application, Settings], None]] = (),
) -> web.Application:
    """Make the service.

    Args:
        settings: of the process.
        flows: whose numbers it answers.
        report: called once for every call, when it has ended.
        extras: add what stands on the service, and what it does not know: the console.

    Raises:
        PostError: what is to be posted after calls cannot be kept.
        FlowError: the operators' file cannot serve.
    """
    app = web.Application()
    app[LINES] = lines = Lines(flows, settings.interlude_numbers)
    app[SOUNDS] = flows.folder
    app[PROMPTS] = PromptStore(settings.interlude_prompts, flows.folder)
    app[TOKENS] = Tokens(*settings.seals)
    app[REFUSALS] = Refusals()
    app[CAPACITY] = Capacity(settings.capacity)
    app[METRICS] = Metrics(
        lines,
        lambda: app[SWITCHBOARD].in_progress,
        lambda: app[SWITCHBOARD].common.ticker.lead_ms,
        lambda: app[SWITCHBOARD].breaker.is_open,
        app[CAPACITY],
        metric_exporters(settings),
        is_redis_up=(lambda: app[FLEET].desk.store.is_up) if settings.redis else None,
    )

    traces = Traces(span_exporters(settings))
    box = PostBox(*settings.webhook) if settings.webhook else None

    def ended(call: Call, record: Record, one: OneCall | None) -> None:
        report(call, record)
        app[METRICS].count(call, record)
        app[AFTER_CALLS].ended(call, record, one)
        app[HISTORY].ended(call, record, one)
        if one:
            app[FLIGHTS].ended(record.flow, one)

    def refused(door: Door, why: Why) -> None:
        app[METRICS].count_refusal(door, why)
        app[REFUSALS].note(door, why)

    async def connect(app: web.Application) -> AsyncIterator[None]:
        app[FLIGHTS] = Flights(*settings.flights)
        history = History()
        async with (
            open_ledger(settings.interlude_state) as app[LEDGER],
            open_calls(*settings.acs) as calls,
            open_voices(*settings.voicelive) as voices,
            after_calls(lambda: lines.current, box) as app[AFTER_CALLS],
            app[METRICS].sending(),
            open_fleet(settings.redis, app[TOKENS], app[CAPACITY], history) as fleet,
            open_neighbours(fleet, app[TOKENS]) as neighbours,
            open_guards(settings, refused, neighbours.sent if neighbours else None) as app[GUARDS],
        ):
            await lines.remember(Versions(app[LEDGER]))
            if fleet:
                app[FLEET] = fleet
            app[VOICES] = PromptSessions(app[CAPACITY].pace, voices)
            app[CARRIER] = Carrier(calls, Doors(settings.interlude_public_url, app[TOKENS]))
            app[SWITCHBOARD] = Switchboard(
                lines,
                app[CARRIER],
                Common(
                    voices,
                    app[PROMPTS],
                    history,
                    Ticker(settings.interlude_lead_ms),
                    shutdown=asyncio.Event(),
                    keeps=app[FLIGHTS].keeps,
                ),
                app[CAPACITY],
                report=ended,
                traces=traces,
                others=fleet,
            )
            await open_floor(app, neighbours)
            async with joined(fleet, app[SWITCHBOARD], history, lines):
                yield
            await asyncio.gather(app[FLIGHTS].settle(), app[HISTORY].settle())
            await traces.close()

    app.cleanup_ctx.append(connect)
    add_azure_doors(app)
    app.router.add_post("/calls", CallsDoor().take)
    add_numbers_doors(app)
    app.router.add_get(api_description.PATH, api_description.describe)
    app.router.add_get("/api/v1/capacity", see_capacity)
    app.router.add_put("/api/v1/capacity", set_capacity)
    add_floor_doors(app)
    add_drain_doors(app)
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    for add in extras:
        add(app, settings)
    return app


async def live(request: web.Request) -> web.Response:
    """The process runs; other replicas ask under which name."""
    fleet = request.app.get(FLEET)
    return web.json_response({"status": "live"} | ({"replica": fleet.name} if fleet else {}))


async def ready(request: web.Request) -> web.Response:
    """The process takes calls, or turns them away: a full one is healthy.

    Not ready, it would be cut off from its own calls' callbacks and sockets.
    """
    if request.app[SWITCHBOARD].draining:
        return web.json_response({"status": "draining"}, status=503)
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """Figures over all calls, for Prometheus."""
    await request.app[GUARDS].operator(request, Role.READER)
    text = await request.app[METRICS].text()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})
