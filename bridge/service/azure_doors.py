"""The doors of Azure: Event Grid's webhook, and the callbacks, media and sounds of ACS."""

import asyncio

from aiohttp import web
from structlog import get_logger

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.events import BadEvent, IncomingCall, Validation, parse_events
from bridge.call.legs import PhoneError
from bridge.flow.call import Call
from bridge.service.announcements import Draining
from bridge.service.bearer import Why
from bridge.service.bodies import read_body
from bridge.service.guards import Door
from bridge.service.parts import CARRIER, FLEET, GUARDS, SOUNDS, SWITCHBOARD, TOKENS
from bridge.service.prompts import SPOILT
from bridge.service.replicas.relay import RELAYED, NotRelayed, relay
from bridge.service.sounds import hold_music
from bridge.service.switchboard import MediaRefused
from bridge.service.tokens import BadToken, Purpose

log = get_logger(__name__)

LARGEST_FRAME = 1 << 18
"""Bytes in a media frame; ACS sends 1.5 KB."""

_ORIGIN = "eventgrid.azure.net"
"""Who asks, in a handshake of CloudEvents (Microsoft's page on its validation)."""

_CLOSE_S = 1.0
"""Bound on ACS's answer to our closing the media socket."""


def add_azure_doors(app: web.Application) -> None:
    """Open them to what the application has as its carrier, and to Event Grid on its behalf."""
    app.router.add_options("/acs/events", handshake)
    app.router.add_post("/acs/events", events)
    app.router.add_post("/acs/callbacks/{token}", callbacks)
    app.router.add_get("/acs/media/{token}", media)
    app.router.add_get("/acs/sounds/{token}", sound)


async def handshake(request: web.Request) -> web.Response:
    """Agree to CloudEvents deliveries, as the CloudEvents webhook specification asks."""
    await request.app[GUARDS].event_grid(request)
    request.app[GUARDS].subscription(request)
    if request.headers.get("WebHook-Request-Origin") != _ORIGIN:
        raise web.HTTPBadRequest(text=f"WebHook-Request-Origin must be {_ORIGIN}.")
    headers = {"WebHook-Allowed-Origin": _ORIGIN, "WebHook-Allowed-Rate": "*", "Allow": "POST"}
    return web.Response(headers=headers)


async def events(request: web.Request) -> web.Response:
    """Take a delivery of Event Grid. Events that Interlude has no use for get 200, too."""
    await request.app[GUARDS].event_grid(request)
    switchboard = request.app[SWITCHBOARD]
    try:
        for event in parse_events(await read_body(request)):
            match event:
                case Validation(code=code):
                    request.app[GUARDS].subscription(request)
                    log.info("events.validated")
                    return web.json_response({"validationResponse": code})
                case IncomingCall():
                    await switchboard.incoming(event, request.app[CARRIER])
    except BadEvent as error:
        log.warning("events.malformed", detail=str(error))
        raise web.HTTPBadRequest(text=str(error)) from error
    except (PhoneError, Draining) as error:
        # Event Grid tries again after 10 s, in time for a telephone that rings for 30; after a
        # 503 it would wait longer (Microsoft's page on delivery and retry).
        log.warning("incoming.failed", detail=str(error))
        raise web.HTTPBadGateway from error
    return web.Response()


async def callbacks(request: web.Request) -> web.Response:
    """Take what ACS says about one call."""
    call = await _opened(request, Purpose.CALLBACKS, Door.CALLBACKS)
    try:
        await request.app[SWITCHBOARD].told(call, parse_callbacks(await read_body(request)))
    except BadEvent as error:
        log.warning("callbacks.malformed", call_id=call.id, detail=str(error))
        raise web.HTTPBadRequest(text=str(error)) from error
    except PhoneError as error:
        log.warning("hang_up.refused", call_id=call.id, detail=str(error))
    return web.Response()


async def media(request: web.Request) -> web.WebSocketResponse:
    """Take the media of one call: the socket that owns it, or one in place of one that broke."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        # Before any proof is asked for: `interlude doctor` has none, and asks whether a proxy on
        # the way lets WebSockets pass.
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"})
    call = await _opened(request, Purpose.MEDIA, Door.MEDIA)
    connection_id = request.headers.get("x-ms-call-connection-id")
    if not connection_id:
        raise web.HTTPBadRequest(text="x-ms-call-connection-id is missing.")
    is_fresh = request.app[TOKENS].is_fresh(request.match_info["token"])
    socket = web.WebSocketResponse(compress=False, max_msg_size=LARGEST_FRAME, timeout=_CLOSE_S)
    try:
        async with request.app[SWITCHBOARD].media(call, connection_id, is_fresh=is_fresh) as serve:
            await socket.prepare(request)
            try:
                await serve(socket)
            finally:
                await socket.close()
    except MediaRefused as refused:
        if not await _is_relayed(request, socket, call):
            raise web.HTTPConflict(text=str(refused.__doc__)) from refused
    return socket


async def _is_relayed(request: web.Request, socket: web.WebSocketResponse, call: Call) -> bool:
    """Whether another replica has the call, and had its socket."""
    fleet = request.app.get(FLEET)
    if not fleet or RELAYED in request.headers or not (at := await fleet.address_of(call)):
        return False
    try:
        await relay(request, socket, at)
    except NotRelayed:
        return False
    return True


async def sound(request: web.Request) -> web.Response:
    """Give ACS the music for a caller on hold.

    Whether ACS proves itself when it fetches a sound is not documented: the token must do.
    """
    try:
        file = request.app[TOKENS].open_sound(request.match_info["token"])
    except BadToken:
        request.app[GUARDS].turned_away(Door.SOUNDS, Why.MALFORMED)
        raise web.HTTPUnauthorized from None
    try:
        music = await asyncio.to_thread(hold_music, request.app[SOUNDS] / file)
    except (OSError, *SPOILT) as error:
        log.warning("sound.unreadable", file=file, error=type(error).__name__)
        raise web.HTTPNotFound from error
    return web.Response(body=music, content_type="audio/wav")


async def _opened(request: web.Request, purpose: Purpose, door: Door) -> Call:
    """The call that a token of ours in the URL is about, brought by ACS itself."""
    try:
        call = request.app[TOKENS].open(purpose, request.match_info["token"])
    except BadToken:
        request.app[GUARDS].turned_away(door, Why.MALFORMED)
        raise web.HTTPUnauthorized from None
    await request.app[GUARDS].acs(request, door)
    return call
