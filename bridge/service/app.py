"""The web application: routes for ACS and Event Grid, health and metrics."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path

from aiohttp import web
from structlog import get_logger

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.calls import open_calls
from bridge.acs.events import BadEvent, IncomingCall, Validation, parse_events
from bridge.call.common import Common, OneCall
from bridge.call.history import History
from bridge.call.legs import PhoneError
from bridge.call.record import Record
from bridge.call.ticker import Ticker
from bridge.flow.call import Call
from bridge.service.after_call import AfterCalls, after_calls
from bridge.service.calls_door import CallsDoor
from bridge.service.flows import Flows
from bridge.service.keys import is_key
from bridge.service.metrics import CONTENT_TYPE, Metrics
from bridge.service.posting import PostBox
from bridge.service.prompts import SPOILT, PromptStore
from bridge.service.settings import Settings
from bridge.service.sounds import hold_music
from bridge.service.switchboard import Draining, MediaRefused, Switchboard
from bridge.service.tokens import BadToken, Purpose, Tokens
from bridge.voicelive.connection import VoiceLive, open_voices

log = get_logger(__name__)

SETTINGS = web.AppKey("settings", Settings)
SWITCHBOARD = web.AppKey("switchboard", Switchboard)
TOKENS = web.AppKey("tokens", Tokens)
PROMPTS = web.AppKey("prompts", PromptStore)
VOICES = web.AppKey("voices", VoiceLive)
METRICS = web.AppKey("metrics", Metrics)
SOUNDS = web.AppKey("sounds", Path)
AFTER_CALLS = web.AppKey("after_calls", AfterCalls)

LARGEST_FRAME = 1 << 18
"""Bytes in a media frame; ACS sends 1.5 KB."""

_CLOSE_S = 1.0
"""Bound on ACS's answer to our closing the media socket."""


def log_record(call: Call, record: Record) -> None:
    """Write the one line that a call leaves in the log."""
    log.info("call.ended", call_id=call.id, correlation_id=call.correlation_id, **asdict(record))


def build_app(
    settings: Settings, flows: Flows, *, report: Callable[[Call, Record], None] = log_record
) -> web.Application:
    """Make the service. `report` is called once for every call, when it has ended.

    Raises:
        PostError: what is to be posted after calls cannot be kept.
    """
    app = web.Application()
    app[SETTINGS] = settings
    app[SOUNDS] = flows.folder
    app[PROMPTS] = PromptStore(settings.interlude_prompts, flows.folder)
    secret = settings.interlude_secret
    app[TOKENS] = Tokens(secret.get_secret_value() if secret else secrets.token_hex())
    app[METRICS] = Metrics(
        flows,
        lambda: app[SWITCHBOARD].in_progress,
        lambda: app[SWITCHBOARD].common.ticker.lead_ms,
        lambda: app[SWITCHBOARD].breaker.is_open,
    )

    box = PostBox(*settings.webhook) if settings.webhook else None

    def ended(call: Call, record: Record, one: OneCall | None) -> None:
        report(call, record)
        app[METRICS].count(call, record)
        app[AFTER_CALLS].ended(call, record, one)

    async def place(flow: str, to: str) -> Call:
        return await app[SWITCHBOARD].place(flow, to)

    async def connect(app: web.Application) -> AsyncIterator[None]:
        async with (
            open_calls(*settings.acs) as calls,
            open_voices(*settings.voicelive) as voices,
            after_calls(flows, box) as app[AFTER_CALLS],
        ):
            app[VOICES] = voices
            app[SWITCHBOARD] = Switchboard(
                flows,
                calls,
                Common(
                    voices,
                    app[PROMPTS],
                    History(),
                    Ticker(settings.interlude_lead_ms),
                    shutdown=asyncio.Event(),
                ),
                app[TOKENS],
                public_url=settings.interlude_public_url,
                report=ended,
            )
            yield

    app.cleanup_ctx.append(connect)
    app.router.add_options("/acs/events", handshake)
    app.router.add_post("/acs/events", events)
    app.router.add_post("/acs/callbacks/{token}", callbacks)
    app.router.add_get("/acs/media/{token}", media)
    app.router.add_get("/acs/sounds/{token}", sound)
    app.router.add_post("/calls", CallsDoor(settings.interlude_api_key, place).take)
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    return app


def _check_event_grid_key(request: web.Request) -> None:
    expected = request.app[SETTINGS].eventgrid_key
    given = request.query.get("key") or request.headers.get("x-eventgrid-key") or ""
    if expected and not is_key(given, expected):
        log.warning("events.wrong_key")
        raise web.HTTPUnauthorized


def _opened(request: web.Request, purpose: Purpose) -> Call:
    try:
        return request.app[TOKENS].open(purpose, request.match_info["token"])
    except BadToken:
        log.warning("token.refused", purpose=purpose)
        raise web.HTTPUnauthorized from None


async def handshake(request: web.Request) -> web.Response:
    """Agree to CloudEvents deliveries, as the CloudEvents webhook specification asks."""
    _check_event_grid_key(request)
    origin = request.headers.get("WebHook-Request-Origin")
    if not origin:
        raise web.HTTPBadRequest(text="WebHook-Request-Origin is missing.")
    headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "POST"}
    return web.Response(headers=headers)


async def events(request: web.Request) -> web.Response:
    """Take a delivery of Event Grid. Events that Interlude has no use for get 200, too."""
    _check_event_grid_key(request)
    switchboard = request.app[SWITCHBOARD]
    try:
        for event in parse_events(await request.read()):
            match event:
                case Validation(code=code):
                    log.info("events.validated")
                    return web.json_response({"validationResponse": code})
                case IncomingCall():
                    await switchboard.incoming(event)
    except BadEvent as error:
        log.warning("events.malformed", detail=str(error))
        raise web.HTTPBadRequest(text=str(error)) from error
    except (PhoneError, Draining) as error:
        # Event Grid tries again after 10 s, which is in time for a telephone that rings for 30.
        log.warning("incoming.failed", detail=str(error))
        raise web.HTTPInternalServerError from error
    return web.Response()


async def callbacks(request: web.Request) -> web.Response:
    """Take what ACS says about one call."""
    call = _opened(request, Purpose.CALLBACKS)
    try:
        await request.app[SWITCHBOARD].told(call, parse_callbacks(await request.read()))
    except BadEvent as error:
        log.warning("callbacks.malformed", call_id=call.id, detail=str(error))
        raise web.HTTPBadRequest(text=str(error)) from error
    except PhoneError as error:
        log.warning("hang_up.refused", call_id=call.id, detail=str(error))
    return web.Response()


async def media(request: web.Request) -> web.WebSocketResponse:
    """Take the media of one call: the socket that owns it, or one in place of one that broke."""
    call = _opened(request, Purpose.MEDIA)
    connection_id = request.headers.get("x-ms-call-connection-id")
    if not connection_id:
        raise web.HTTPBadRequest(text="x-ms-call-connection-id is missing.")
    is_fresh = request.app[TOKENS].is_fresh(request.match_info["token"])
    socket = web.WebSocketResponse(compress=False, max_msg_size=LARGEST_FRAME, timeout=_CLOSE_S)
    try:
        async with request.app[SWITCHBOARD].media(call, is_fresh=is_fresh) as serve:
            await socket.prepare(request)
            try:
                await serve(socket, connection_id)
            finally:
                await socket.close()
    except MediaRefused as refused:
        raise web.HTTPConflict(text=str(refused.__doc__)) from refused
    return socket


async def sound(request: web.Request) -> web.Response:
    """Give ACS the music for a caller on hold."""
    try:
        file = request.app[TOKENS].open_sound(request.match_info["token"])
    except BadToken:
        log.warning("token.refused", purpose=Purpose.SOUNDS)
        raise web.HTTPUnauthorized from None
    try:
        music = await asyncio.to_thread(hold_music, request.app[SOUNDS] / file)
    except (OSError, *SPOILT) as error:
        log.warning("sound.unreadable", file=file, error=type(error).__name__)
        raise web.HTTPNotFound from error
    return web.Response(body=music, content_type="audio/wav")


async def live(_: web.Request) -> web.Response:
    """The process runs."""
    return web.json_response({"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """The process takes calls."""
    if request.app[SWITCHBOARD].draining:
        return web.json_response({"status": "draining"}, status=503)
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """Figures over all calls, for Prometheus."""
    text = await request.app[METRICS].text()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})
