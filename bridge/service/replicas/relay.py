"""A media socket of a call that another replica has: carried there, frame by frame.

ACS opens a broken socket again by the URL of the first, and a load balancer may send it anywhere.
"""

import asyncio

import aiohttp
from aiohttp import WSMsgType, web
from structlog import get_logger

log = get_logger(__name__)

RELAYED = "x-interlude-relayed"
"""Whoever gets it carries the socket no further."""
_SHOWN = ("Authorization", "x-ms-call-connection-id")
"""What ACS has shown, for the other replica to look at."""
_CONNECT_S = 2.0

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class NotRelayed(Exception):
    """The other replica does not take the socket, or is not reached."""


async def relay(request: web.Request, socket: web.WebSocketResponse, address: str) -> None:
    """Carry a socket to the replica at an address until either end closes it.

    Raises:
        NotRelayed: nothing was answered yet.
    """
    shown = {name: request.headers[name] for name in _SHOWN if name in request.headers}
    patience = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S)
    async with aiohttp.ClientSession(timeout=patience) as session:
        try:
            there = await session.ws_connect(
                f"http://{address}{request.path_qs}", headers={**shown, RELAYED: "1"}, compress=0
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotRelayed from error
        await socket.prepare(request)
        log.info("media.relayed")
        pumps = {asyncio.create_task(_pump(*way)) for way in ((socket, there), (there, socket))}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            await there.close()
            await socket.close()


async def _pump(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            try:
                await target.send_str(message.data)
            except ConnectionError:
                return
