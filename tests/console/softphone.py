"""A browser that is a WebSocket and no more: somebody who talks through the softphone's line."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from bridge.audio.pcm import FRAME_MS, SAMPLE_BYTES, duration_ms, frame_bytes
from bridge.console.phone import CALLER
from bridge.lab.speech import Heard, Studio, caller_mouth
from bridge.trial import Trial
from tests.console.scene import EDIT_KEY, visitor

RATE_HZ = 24_000


class Talker:
    """Sends a frame of their microphone each 20 ms, and keeps all that comes back."""

    def __init__(self, socket: ClientWebSocketResponse, studio: Studio, rate_hz: int) -> None:
        self.states: list[dict[str, Any]] = []
        self.call_id = ""
        self.captions: list[tuple[str, str]] = []
        self.doing: list[str] = []
        self.ear = bytearray()
        self.rate_hz = rate_hz
        self._listened = 0
        self._lines: list[Heard] = []
        self._socket = socket
        self._studio = studio
        self._mouth = bytearray()
        self._news = asyncio.Condition()
        self._closed = asyncio.Event()

    async def runs(self) -> None:
        """Take what comes, until the socket is closed."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                self.ear += message.data
            else:
                self._is_told(message.json())
            async with self._news:
                self._news.notify_all()
        self._closed.set()

    def _is_told(self, what: dict[str, Any]) -> None:
        if "state" in what:
            self.states.append(what)
        else:
            self.call_id = what["call"]
            self.doing.append(what["doing"])
            said = [(line["by"], line["text"]) for line in what["said"]]
            self.captions[what["first"] :] = said

    async def closed(self) -> None:
        """Wait until the line is closed."""
        await self._closed.wait()

    async def breathes(self) -> None:
        """Send what the microphone hears, on absolute deadlines."""
        loop, size = asyncio.get_running_loop(), frame_bytes(self.rate_hz)
        began_s = loop.time()
        for number in itertools.count(1):
            await asyncio.sleep(began_s + number * FRAME_MS / 1000 - loop.time())
            frame = bytes(self._mouth[:size]).ljust(size, b"\0")
            del self._mouth[:size]
            await self._socket.send_bytes(frame)

    async def says(self, text: str) -> None:
        """Speak, to the end."""
        self._mouth += await self._studio.speak_at(self.rate_hz, text, caller_mouth("en-US"))
        await asyncio.sleep(duration_ms(self._mouth, self.rate_hz) / 1000)

    async def presses(self, key: str) -> None:
        await self._socket.send_json({"key": key})

    async def hangs_up(self) -> None:
        await self._socket.send_json({"hang_up": True})

    async def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait for a message after which this holds."""
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: holds(self))

    async def state(self, name: str) -> dict[str, Any]:
        """Wait for a state, and return it."""
        await self.until(lambda me: any(each["state"] == name for each in me.states))
        return next(each for each in self.states if each["state"] == name)

    async def hears(self, text: str) -> None:
        """Wait until a line has come through, to its end."""
        await self.until(lambda me: text in me.heard())

    def heard(self) -> list[str]:
        """Every line that came through to its end."""
        return [line.text for line in self.lines() if line.complete]

    def lines(self) -> list[Heard]:
        """Every line that came through, in whole or in part; looked for once in half a second."""
        every = self.rate_hz // 2 * SAMPLE_BYTES
        if len(self.ear) // every != self._listened:
            self._listened = len(self.ear) // every
            self._lines = self._studio.hear(bytes(self.ear), self.rate_hz)
        return self._lines


@asynccontextmanager
async def dialled(
    scene: Trial,
    studio: Studio,
    number: str,
    *,
    key: str | None = EDIT_KEY,
    rate_hz: int = RATE_HZ,
    caller: str = CALLER,
) -> AsyncIterator[Talker]:
    """Somebody who has dialled; leaving closes their page."""
    async with visitor(scene, key) as session, on_the_line(session, scene) as socket:
        await socket.send_json({"dial": number, "caller": caller, "rate_hz": rate_hz})
        talker = Talker(socket, studio, rate_hz)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(talker.runs())
            breathing = tasks.create_task(talker.breathes())
            running.add_done_callback(lambda _: breathing.cancel())
            yield talker
            await socket.close()


@asynccontextmanager
async def on_the_line(
    session: ClientSession, scene: Trial, **how: Any
) -> AsyncIterator[ClientWebSocketResponse]:
    """The line, opened as by a page of the console."""
    async with session.ws_connect("/console/phone/line", origin=scene.url, **how) as socket:
        yield socket
