"""The media link: the sockets that carry a call's sound, one after the other."""

import asyncio
from collections.abc import Callable

import aiohttp

from bridge.lab.acs import shapes
from bridge.lab.acs.conference import Stream
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.media import LARGEST_MESSAGE, MediaSocket
from bridge.lab.acs.shapes import Json

_STARTED_S = 0.1
"""From the media socket to MediaStreamingStarted; observed on real calls: 0.08 to 0.22."""
_CLOSE_S = 0.02
"""From MediaStreamingStopped to the close of the socket; observed: 0.015 to 0.072."""
_TOKEN_S = 24 * 3600
"""How long a socket's token is good; Microsoft's page on securing the webhook."""
_RESTART_S = 0.2
"""From startMediaStreaming to the new socket; not documented."""


class MediaLink:
    """Opens sockets to the bridge's URL, loses them, and says so in callbacks."""

    def __init__(self, connection: Connection, stream: Stream, opened: Callable[[], None]) -> None:
        self.sockets: list[MediaSocket] = []
        self._connection = connection
        self._switches = connection.switches
        self._stream = stream
        self._opened = opened
        self._was_open = False

    def start(self) -> None:
        """Open the first socket in a moment, as the answer asked."""
        self._connection.errand(self._start(self._connection.request, self._switches.media_delay_s))

    def restart(self, request: Json) -> None:
        """Open another socket in a moment, as `request` asks."""
        if self._was_open and self._switches.media_restart_fails:
            self._connection.post("MediaStreamingFailed", shapes.MEDIA_FAILED, request)
        else:
            self._connection.errand(self._start(request, _RESTART_S))

    async def open(self) -> bool:
        """Connect to the URL of the answer, whatever other sockets there are."""
        connection = self._connection
        try:
            if self._switches.media_never:
                raise aiohttp.ClientConnectionError("switched off")
            ws = await connection.session.ws_connect(
                connection.media["transportUrl"],
                headers={
                    "Authorization": f"Bearer {connection.sign(_TOKEN_S)}",
                    "x-ms-call-correlation-id": connection.correlation_id,
                    "x-ms-call-connection-id": connection.id,
                },
                compress=0,
                max_msg_size=LARGEST_MESSAGE + 1,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except (aiohttp.ClientError, TimeoutError):
            connection.post("MediaStreamingFailed", shapes.MEDIA_FAILED, connection.request)
            return False
        socket = MediaSocket(ws, self._stream, self._switches)
        self.sockets.append(socket)
        self._was_open = True
        self._opened()
        connection.tasks.create_task(self._carry(socket))
        return True

    async def send(self, text: str) -> None:
        """Send a text frame on every socket."""
        for socket in list(self.sockets):
            await socket.send(text)

    async def stop(self, request: Json) -> None:
        """Close the sockets and say so; the call goes on."""
        sockets, self.sockets = self.sockets, []
        if sockets:
            self._connection.post("MediaStreamingStopped", shapes.MEDIA_STOPPED, request)
            await asyncio.sleep(_CLOSE_S)
            for socket in sockets:
                await socket.close(aiohttp.WSCloseCode.OK)

    async def _start(self, request: Json, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if await self.open():
            await asyncio.sleep(_STARTED_S)
            self._connection.post("MediaStreamingStarted", shapes.MEDIA_STARTED, request)

    async def _carry(self, socket: MediaSocket) -> None:
        await socket.run()
        if socket not in self.sockets:
            return
        self.sockets.remove(socket)
        request, again_s = self._connection.request, self._switches.media_reconnects_s
        if again_s is None:
            self._connection.post("MediaStreamingFailed", shapes.MEDIA_FAILED, request)
        else:
            self._connection.post("MediaStreamingFailed", shapes.MEDIA_INTERRUPTED, request)
            self._connection.errand(self._reconnect(again_s))

    async def _reconnect(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if await self.open():
            request = self._connection.request
            self._connection.post("MediaStreamingStarted", shapes.MEDIA_REESTABLISHED, request)
