"""A phone on a line of the stand-in, and as little of a service as that takes."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bridge.acs.callbacks import parse_callbacks
from bridge.acs.calls import Calls, open_calls
from bridge.acs.events import IncomingCall, Validation, parse_events
from bridge.acs.line import Line
from bridge.acs.phone import AcsPhone
from bridge.lab.acs import AcsStandIn, Phone, Switches
from bridge.lab.speech import Studio

CALLER = "+14255550123"
NUMBER = "+18005550100"


class Desk:
    """As little of a service as a call needs."""

    def __init__(self, acs: AcsStandIn, calls: Calls) -> None:
        self.acs = acs
        self.url = ""
        self.keys: list[str] = []
        self.frames = 0
        self.line = Line()
        self.phone: asyncio.Future[AcsPhone] = asyncio.get_running_loop().create_future()
        self.listening: asyncio.Task[None]
        self._calls = calls

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/events", self._events)
        app.router.add_post("/callbacks", self._callbacks)
        app.router.add_get("/media", self._media)
        app.router.add_get("/sounds/hold.wav", self._sound)
        return app

    async def _events(self, request: web.Request) -> web.Response:
        (event,) = parse_events(await request.read())
        if isinstance(event, Validation):
            return web.json_response({"validationResponse": event.code})
        assert isinstance(event, IncomingCall)
        await self._calls.answer(
            event.context,
            callback_url=f"{self.url}/callbacks",
            media_url=f"{self.url}/media".replace("http", "ws", 1),
            rate_hz=16_000,
        )
        return web.Response()

    async def _callbacks(self, request: web.Request) -> web.Response:
        for callback in parse_callbacks(await request.read()):
            self.line.tell(callback)
        return web.Response()

    async def _media(self, request: web.Request) -> web.WebSocketResponse:
        place = self.phone.result().claim() if self.phone.done() else None
        if self.phone.done() and not place:
            raise web.HTTPConflict
        connection_id = request.headers["x-ms-call-connection-id"]
        socket = web.WebSocketResponse(compress=False, timeout=1.0)
        await socket.prepare(request)
        if place:
            await place.serve(socket)
        else:
            phone = AcsPhone(
                socket,
                self.line,
                self._calls.connection(connection_id),
                rate_hz=16_000,
                caller=CALLER,
                number=NUMBER,
                sound_url=lambda file: f"{self.url}/sounds/{file}",
            )
            self.listening = asyncio.create_task(phone.listen(self._hear, self.keys.append))
            self.phone.set_result(phone)
            await asyncio.wait([self.listening])
        await socket.close()
        return socket

    async def _sound(self, _: web.Request) -> web.Response:
        file = io.BytesIO()
        with wave.open(file, "wb") as music:
            music.setparams((1, 2, 16_000, 0, "NONE", ""))
            music.writeframes(b"\0\x10" * 16_000)
        return web.Response(body=file.getvalue(), content_type="audio/wav")

    def _hear(self, _: bytes) -> None:
        self.frames += 1


@asynccontextmanager
async def called(
    studio: Studio,
    switches: Switches = Switches(),  # noqa: B008 - frozen
) -> AsyncIterator[tuple[Desk, Phone, AcsPhone]]:
    """A call that was answered and established: the desk, the caller's telephone and ours."""
    async with AsyncExitStack() as stack:
        acs = await stack.enter_async_context(AcsStandIn(studio, switches=switches))
        calls = await stack.enter_async_context(open_calls(acs.endpoint, acs.access_key))
        desk = Desk(acs, calls)
        runner = web.AppRunner(desk.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        desk.url = f"http://{host}:{port}"
        await acs.subscribe(f"{desk.url}/events")
        caller = await acs.dial(NUMBER, caller=CALLER)
        phone = await desk.phone
        await asyncio.sleep(1)
        yield desk, caller, phone
        await phone.hang_up()
        await desk.listening
