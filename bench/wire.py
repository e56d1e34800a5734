"""WebSockets without tasks and futures: the load must cost less than what it loads.

Enough of RFC 6455 for peers that are known: whole text messages, ping, close, and a mask of zeros.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import cast

_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = base64.b64encode(b"0123456789abcdef")
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_LENGTH_16, _LENGTH_64 = 126, 127


def packed(payload: bytes, *, masked: bool, opcode: int = _TEXT) -> bytes:
    """One frame, final. A client's mask is all zeros, so that the payload stays as it is."""
    bit = 0x80 if masked else 0
    if len(payload) < _LENGTH_16:
        head = bytes((0x80 | opcode, bit | len(payload)))
    else:
        head = bytes((0x80 | opcode, bit | _LENGTH_16)) + len(payload).to_bytes(2)
    return head + (bytes(4) if masked else b"") + payload


class Wire(asyncio.Protocol):
    """One end of a connection. A client has a `request`, a server waits for one."""

    def __init__(self, request: bytes = b"") -> None:
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._is_client = bool(request)
        self._buffer = bytearray()

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended; what is sent from then on goes nowhere."""
        return self.lost.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, as a client."""
        self._transport = cast(asyncio.Transport, transport)
        if self._is_client:
            self._transport.write(self._request)

    def connection_lost(self, _: Exception | None) -> None:
        """Take note."""
        self.lost.set_result(None)
        if not self.open.done():
            self.open.set_exception(ConnectionError("refused"))
            self.open.exception()  # seen: a server's own end waits for nothing

    def data_received(self, data: bytes) -> None:
        """Take in bytes, and hand out each message that is whole."""
        self._buffer += data
        if not self.open.done() and not self._shake_hands():
            return
        while self._take():
            pass

    def on_text(self, text: bytes) -> None:
        """Take in a message; for subclasses."""

    def write(self, frame: bytes) -> None:
        """Send what `packed` returned."""
        if not self.is_lost:
            self._transport.write(frame)

    def close(self) -> None:
        """Say goodbye; the connection ends when the other side has, too."""
        self.write(packed((1000).to_bytes(2), masked=self._is_client, opcode=_CLOSE))

    def _shake_hands(self) -> bool:
        head, blank, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not blank:
            return False
        self._buffer[:] = rest
        if self._is_client:
            status = head.partition(b"\r\n")[0]
            if b" 101 " not in status:
                self.open.set_exception(ConnectionRefusedError(status.decode("latin-1")))
                self._transport.close()
                return False
        else:
            self._transport.write(_accepted(head))
        self.open.set_result(None)
        return True

    def _take(self) -> bool:
        """One frame off the buffer; False when none is whole."""
        buffer = self._buffer
        if len(buffer) < 2:  # noqa: PLR2004 - the shortest head
            return False
        is_masked, length, body = buffer[1] & 0x80, buffer[1] & 0x7F, 2
        if length == _LENGTH_16:
            length, body = int.from_bytes(buffer[2:4]), 4
        elif length == _LENGTH_64:
            length, body = int.from_bytes(buffer[2:10]), 10
        start = body + 4 if is_masked else body
        if len(buffer) < start + length:
            return False
        payload = bytes(buffer[start : start + length])
        if is_masked:
            payload = _unmasked(payload, bytes(buffer[body:start]))
        opcode = buffer[0] & 0x0F
        del buffer[: start + length]
        self._on_frame(opcode, payload)
        return True

    def _on_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self.on_text(payload)
        elif opcode == _PING:
            self.write(packed(payload, masked=self._is_client, opcode=_PONG))
        elif opcode == _CLOSE:
            self.write(packed(payload, masked=self._is_client, opcode=_CLOSE))
            self._transport.close()


def upgrade(host: str, path: str, headers: Mapping[str, str]) -> bytes:
    """A client's side of the handshake."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {_KEY.decode()}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _accepted(head: bytes) -> bytes:
    """A server's side of the handshake."""
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    key = {name.lower(): value for name, value in headers.items()}[b"sec-websocket-key"]
    token = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest())  # noqa: S324 - RFC 6455
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(size)
