"""The media of a call: one socket and, should that break, another in its place."""

import asyncio
import os
import socket
from collections.abc import Callable

from aiohttp import WSMsgType, web
from structlog import get_logger

from bridge.acs.media import BadFrame, Tone, parse_frame, parse_tone

log = get_logger(__name__)

SILENT_S = 10
"""ACS sends 50 frames a second, of silence too; a stream without any for so long is dead."""

_RENEWED = 50
"""After so many frames the time begins anew; a timer for each would cost more than reading it."""

_DOUBT_S = 1.5
"""How long a stream that ACS calls failed may be silent; one that works renews its time sooner."""

_ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)


class Place:
    """Where another socket of the call goes."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.socket: asyncio.Future[web.WebSocketResponse] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()

    async def serve(self, socket: web.WebSocketResponse) -> None:
        """Give the call its socket; returns when the call is through with it."""
        if not self.socket.done():
            self.socket.set_result(socket)
            await self.done


class Stream:
    """What is heard and said over the socket that the call has now."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket: web.WebSocketResponse | None = socket
        self._place: Place | None = None
        self._free: Place | None = None
        self._patience: asyncio.Timeout | None = None
        self.malformed = 0
        """Frames that could not be read."""

    async def receive(self, hear: Callable[[bytes], None], press: Callable[[Tone], None]) -> None:
        """Pass on sound and keys until the socket ends or is silent for too long."""
        if not self._socket:
            return
        loop = asyncio.get_running_loop()
        received = 0
        try:
            async with asyncio.timeout(SILENT_S) as self._patience:
                while (message := await self._socket.receive()).type not in _ENDS:
                    received += 1
                    if received % _RENEWED == 0:
                        self._patience.reschedule(loop.time() + SILENT_S)
                    try:
                        pcm = parse_frame(message.data)
                        if pcm:
                            hear(pcm)
                        elif pcm is None and (tone := parse_tone(message.data)):
                            press(tone)
                    except BadFrame as error:
                        self.malformed += 1
                        if self.malformed == 1:
                            log.warning("media.malformed", detail=str(error))
        except TimeoutError:
            log.warning("media.silent")
        finally:
            self._patience = None

    def doubt(self) -> None:
        """ACS says that the stream failed: it may, or that was another, earlier one."""
        if self._patience and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time() + _DOUBT_S)

    async def send(self, text: str) -> None:
        """Send a frame; without a socket, or over one that is gone, it is dropped."""
        if self._socket is not None:
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                log.debug("media.gone")  # the reader learns of it, too

    def drop(self) -> Place:
        """Give the socket up; returns the place for another, which may be claimed from now on."""
        if self._socket and not self._socket.closed:
            _cut(self._socket)
        self.close()
        self._socket, self._free = None, Place()
        return self._free

    def take(self, place: Place) -> bool:
        """Whether a socket has come to its place; if not, none is let in any more."""
        self._free = None
        if not place.socket.done():
            place.socket.cancel()
            return False
        self._socket, self._place = place.socket.result(), place
        return True

    def claim(self) -> Place | None:
        """A place for another socket, if one is wanted; nobody else gets it."""
        place, self._free = self._free, None
        return place

    def unclaim(self, place: Place) -> None:
        """Free a place to which no socket came."""
        if not place.socket.done():
            self._free = place

    def close(self) -> None:
        """Let whoever brought the socket go; the first one's owner knows by itself."""
        if self._place and not self._place.done.done():
            self._place.done.set_result(None)


def _cut(socket_: web.WebSocketResponse) -> None:
    """End the TCP connection of a socket that says nothing, whatever it still has to send."""
    connection = socket_.get_extra_info("socket")
    if connection is None:
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as twin:  # uvloop's cannot shut down
        try:
            twin.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("media.cut", detail=error.strerror)  # the other side was first
