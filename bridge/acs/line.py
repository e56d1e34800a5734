"""One ACS call as its callbacks tell of it, and its media socket: the caller's leg."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web
from structlog import get_logger

from bridge.acs.callbacks import Callback, verdict
from bridge.acs.calls import Calls
from bridge.acs.media import STOP_AUDIO, BadFrame, audio_frame, parse_frame
from bridge.call.ends import CallEnd

log = get_logger(__name__)

SILENT_S = 10
"""ACS sends 50 frames a second, of silence too; a stream without any for so long is dead."""

_RENEWED = 50
"""After so many frames the time begins anew; a timer for each would cost more than reading it."""

_ENDS = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)

TRANSFER_S = 90
"""How long a transfer may ring; Microsoft's service limits give it 60 s."""


class Line:
    """What the callbacks have said about a call so far."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[CallEnd] = loop.create_future()
        self._transfer: asyncio.Future[str | None] = loop.create_future()
        self._told: set[str] = set()

    def tell(self, callback: Callback) -> None:
        """Take a callback in; what is not understood, or said twice, changes nothing."""
        if callback.id in self._told:
            return
        self._told.add(callback.id)
        if callback.kind in ("CallTransferAccepted", "CallTransferFailed"):
            if not self._transfer.done():
                self._transfer.set_result(_why_not(callback))
        elif (end := verdict(callback)) and not self.ended.done():
            self.ended.set_result(end)

    async def transferred(self, request: Awaitable[None]) -> str | None:
        """Request a transfer and wait for its outcome: None, or why it failed."""
        self._transfer = asyncio.get_running_loop().create_future()
        await request
        try:
            async with asyncio.timeout(TRANSFER_S):
                return await self._transfer
        except TimeoutError:
            return "nobody answered"


def _why_not(callback: Callback) -> str | None:
    """A failed transfer in words, None for one that was accepted. Codes are SIP's."""
    if callback.kind == "CallTransferAccepted":
        return None
    reasons = {403: "not allowed", 408: "no answer", 480: "no answer", 486: "busy", 603: "declined"}
    return reasons.get(callback.code, f"failed with code {callback.code}/{callback.sub_code}")


class AcsPhone:
    """A caller, as `PhoneLeg`."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        line: Line,
        calls: Calls,
        connection_id: str,
        rate_hz: int,
    ) -> None:
        self.rate_hz = rate_hz
        self._socket = socket
        self._line = line
        self._calls = calls
        self._connection_id = connection_id

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        """Pass on what the caller says. Frames that cannot be read are counted and passed over."""
        loop = asyncio.get_running_loop()
        received = malformed = 0
        try:
            async with asyncio.timeout(SILENT_S) as patience:
                while (message := await self._socket.receive()).type not in _ENDS:
                    received += 1
                    if received % _RENEWED == 0:
                        patience.reschedule(loop.time() + SILENT_S)
                    try:
                        pcm = parse_frame(message.data)
                    except BadFrame as error:
                        malformed += 1
                        if malformed == 1:
                            log.warning("media.malformed", detail=str(error))
                        continue
                    if pcm:
                        hear(pcm)
        except TimeoutError:
            log.warning("media.silent", seconds=SILENT_S)
        if malformed:
            log.warning("media.malformed_frames", count=malformed)

    async def play(self, frame: bytes) -> None:
        """Send 20 ms of audio; nothing happens when the stream is gone."""
        await self._send(audio_frame(frame))

    async def stop_playing(self) -> None:
        """Have ACS drop the audio it has not played yet."""
        await self._send(STOP_AUDIO)

    async def _send(self, text: str) -> None:
        if not self._socket.closed:
            try:
                await self._socket.send_str(text)
            except ConnectionError:
                log.debug("media.gone")  # the reader ends the call

    async def ended(self) -> CallEnd:
        """Wait for a callback that ends the call."""
        return await asyncio.shield(self._line.ended)

    async def hang_up(self) -> None:
        """End the call through the API: closing the socket would not."""
        await self._calls.hang_up(self._connection_id)

    async def transfer(self, to: str) -> str | None:
        """Transfer the caller, and wait for the callback that says how it went."""
        return await self._line.transferred(self._calls.transfer(self._connection_id, to))
