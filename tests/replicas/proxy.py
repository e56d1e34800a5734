"""A reverse proxy that sends each request wherever the test wants it."""

import asyncio
from collections.abc import Callable
from typing import Literal, Self

import aiohttp
import orjson
from aiohttp import web

from bridge.service.tokens import Purpose, Tokens

Kind = Literal["events", "callbacks", "media"]
Choose = Callable[[Kind, str], str]
"""The URL of a replica for a request about a call, by its caller."""

_HOP = {"host", "connection", "upgrade", "content-length", "transfer-encoding"}


class Proxy:
    """It knows the service's secret, so that it can tell whose call a request is about."""

    url: str

    def __init__(self, secret: str, choose: Choose) -> None:
        self.choose = choose
        self.passed: list[tuple[Kind, str, str]] = []
        """What was asked, by whose call, and of whom."""
        self._tokens = Tokens(secret)
        app = web.Application()
        app.router.add_post("/acs/events", self._events)
        app.router.add_post("/acs/callbacks/{token}", self._callbacks)
        app.router.add_get("/acs/media/{token}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _events(self, request: web.Request) -> web.Response:
        (event,) = orjson.loads(await request.read())
        caller = event["data"].get("from", {}).get("phoneNumber", {}).get("value", "")
        return await self._passed_on(request, "events", caller)

    async def _callbacks(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        caller = self._tokens.open(Purpose.CALLBACKS, token).caller
        return await self._passed_on(request, "callbacks", caller)

    async def _passed_on(self, request: web.Request, kind: Kind, caller: str) -> web.Response:
        body = await request.read()
        try:
            async with self._session.post(
                self._chosen(kind, caller) + request.path_qs, data=body, headers=_headers(request)
            ) as response:
                content = await response.read()
        except aiohttp.ClientError:
            return web.Response(status=502)
        kind_of = response.headers.get("Content-Type", "text/plain")
        return web.Response(status=response.status, body=content, headers={"Content-Type": kind_of})

    async def _media(self, request: web.Request) -> web.StreamResponse:
        caller = self._tokens.open(Purpose.MEDIA, request.match_info["token"]).caller
        url = self._chosen("media", caller) + request.path_qs
        try:
            there = await self._session.ws_connect(url, headers=_headers(request), compress=0)
        except aiohttp.WSServerHandshakeError as refused:
            return web.Response(status=refused.status)
        except aiohttp.ClientError:
            return web.Response(status=502)
        here = web.WebSocketResponse(compress=False)
        await here.prepare(request)
        pumps = [
            asyncio.create_task(_pump(here, there)),
            asyncio.create_task(_pump(there, here)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(here.close(), there.close())
        await asyncio.wait(pumps)
        return here

    def _chosen(self, kind: Kind, caller: str) -> str:
        url = self.choose(kind, caller)
        self.passed.append((kind, caller, url))
        return url


def _headers(request: web.Request) -> dict[str, str]:
    return {
        name: value
        for name, value in request.headers.items()
        if name.lower() not in _HOP and not name.lower().startswith("sec-websocket")
    }


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        try:
            await target.send_str(message.data)
        except ConnectionError:
            return
