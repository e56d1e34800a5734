"""A call in the middle: ACS's answers, its callbacks and its media, all in the test's hands."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from bridge.acs.callbacks import Callback
from bridge.acs.connection import Connection
from bridge.acs.line import Line
from bridge.acs.phone import AcsPhone
from bridge.acs.stream import Place
from tests.acs.cloud import CALLER, CONNECTION_ID, NUMBER, Cloud, cloud

RATE_HZ = 16_000
FRAME = bytes(640)


class Scene:
    """A phone whose caller, network and carrier are the test."""

    def __init__(self, acs: Cloud, web_: ClientSession, url: str) -> None:
        self.acs = acs
        self.line = Line()
        self.phone: AcsPhone
        self.sockets: list[ClientWebSocketResponse] = []
        self._web = web_
        self._url = url
        self._said = 0

    async def opens_media(self) -> ClientWebSocketResponse:
        """Have ACS connect a socket; it is refused with 409 if none is wanted."""
        socket = await self._web.ws_connect(self._url, headers={"Connection": "Upgrade"})
        self.sockets.append(socket)
        return socket

    async def says(self, pcm: bytes = FRAME) -> None:
        data = {"data": base64.b64encode(pcm).decode(), "silent": False}
        await self.sends({"kind": "AudioData", "audioData": data})

    async def presses(self, tone: str) -> None:
        await self.sends({"kind": "DtmfData", "dtmfData": {"data": tone}})

    async def sends(self, frame: dict[str, Any]) -> None:
        await self.sockets[-1].send_str(json.dumps(frame))

    def told(
        self, kind: str, code: int = 200, sub_code: int = 0, *, of: str = "", **more: Any
    ) -> None:
        """Have a callback arrive; `of` names the operation that led to it."""
        self._said += 1
        context = self.acs.context(of) if of else ""
        event = Callback(
            f"e{self._said}", kind, CONNECTION_ID, code, sub_code, context=context, **more
        )
        self.line.tell(event)


@pytest.fixture
def caller() -> str:
    return CALLER


@pytest.fixture
async def scene(caller: str) -> AsyncIterator[Scene]:
    """A call that was answered, with its first media socket open."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)

    is_first = True

    async def media(request: web.Request) -> web.WebSocketResponse:
        nonlocal is_first
        place: Place | None = None
        if not is_first and (place := running.phone.claim()) is None:
            raise web.HTTPConflict
        socket = web.WebSocketResponse(compress=False, timeout=1.0)
        await socket.prepare(request)
        if place:
            await place.serve(socket)
        else:
            is_first = False
            running.phone = AcsPhone(
                socket,
                running.line,
                running.acs.calls.connection(CONNECTION_ID),
                rate_hz=RATE_HZ,
                caller=caller,
                number=NUMBER,
                sound_url=lambda file: f"https://bridge.example.com/sounds/{file}",
            )
            opened.set()
            await over.wait()
        await socket.close()
        return socket

    app.router.add_get("/media", media)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    opened, over = asyncio.Event(), asyncio.Event()
    async with cloud() as acs, ClientSession() as web_:
        running = Scene(acs, web_, f"http://{host}:{port}/media")
        await running.opens_media()
        await opened.wait()
        running.told("CallConnected")
        yield running
        over.set()
        for socket in running.sockets:
            await socket.close()
    await runner.cleanup()


@pytest.fixture
async def acs() -> AsyncIterator[Cloud]:
    async with cloud() as running:
        yield running


@pytest.fixture
def call(acs: Cloud) -> Connection:
    return acs.calls.connection(CONNECTION_ID)
