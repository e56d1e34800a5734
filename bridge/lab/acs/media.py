"""The media socket: the line's sound on its way to the bridge and back."""

import asyncio
import base64
import binascii
import contextlib
import os
import socket
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from bridge.audio.pcm import FRAME_MS, SAMPLE_BYTES, frame_bytes, level_dbfs
from bridge.lab.acs import shapes
from bridge.lab.acs.circuit import QUIET_DBFS
from bridge.lab.acs.conference import Stream
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.switches import Switches

LARGEST_MESSAGE = 64 * 1024
"""Microsoft's reference: "Data packet: 64 Kbytes", read as the size of one text message."""
_MOST_SPEAKERS = 4
"""Carried apart; Microsoft's reference."""
_EXTRA_EVERY = 25
"""Frames between two of an unknown kind, where a switch asks for them."""


class MediaSocket:
    """One connection of the line to the bridge, from its AudioMetadata to its close."""

    def __init__(
        self, ws: aiohttp.ClientWebSocketResponse, stream: Stream, switches: Switches
    ) -> None:
        self._ws = ws
        self._stream = stream
        self._switches = switches
        self._random = Random(switches.seed)  # noqa: S311 - of the jitter

    async def run(self) -> None:
        """Carry sound both ways until either side closes."""
        async with self._ws, asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._talk())
            async for message in self._ws:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._hear(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    self._stream.complaints.append("a binary frame")
            talking.cancel()

    async def send(self, text: str) -> None:
        """Send a text frame, whatever it says; a lost connection loses it."""
        with contextlib.suppress(ConnectionResetError):
            await self._ws.send_str(text)

    async def close(self, code: int) -> None:
        """Close as a WebSocket is closed."""
        await self._ws.close(code=code)

    def drop(self) -> None:
        """Cut the TCP connection, without a word of WebSocket."""
        descriptor = self._ws.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(descriptor)) as twin:  # uvloop's own cannot shut down
            twin.shutdown(socket.SHUT_RDWR)

    async def _talk(self) -> None:
        stream, opened = self._stream, datetime.now(UTC)
        first = sent = stream.ticks
        await self.send(_metadata(stream.rate_hz))
        while await stream.reaches((sent + 1) * FRAME_MS):
            at = opened + timedelta(milliseconds=(sent - first) * FRAME_MS)
            await self._dawdle((sent + 1) * FRAME_MS)
            for who, frame in self._frames(sent):
                await self.send(self._audio(who, frame, at))
                stream.sent_frames += 1
            sent += 1
            if self._switches.extra_frames and sent % _EXTRA_EVERY == 0:
                await self.send('{"kind":"LineQuality","lineQuality":{"jitterMs":3}}')

    async def _dawdle(self, ms: float) -> None:
        """Wait until a frame that is due at `ms` leaves, on absolute deadlines."""
        if jitter_ms := self._switches.media_jitter_ms:
            leaves_s = self._stream.opened_s + (ms + self._random.uniform(0, jitter_ms)) / 1000
            await asyncio.sleep(leaves_s - asyncio.get_running_loop().time())

    def _frames(self, tick: int) -> list[tuple[Json, bytes]]:
        """Return the sound of a tick, and whose it is: of everybody, or of each of up to four."""
        stream, names = self._stream, self._switches.mixed_names
        if not stream.unmixed:
            caller = shapes.raw_id(stream.people[0].address) if stream.people else None
            who = {"null": _who(None), "caller": _who(caller), "nobody": {}}[names]
            return [(who, stream.tick_of(stream.ear, tick))]
        frames = []
        for person in stream.people[:_MOST_SPEAKERS]:
            frame = person.tick_of(person.mouth, tick - stream.ticks + person.ticks)
            if frame and not person.on_hold:
                frames.append((_who(shapes.raw_id(person.address)), frame))
        return frames

    def _audio(self, who: Json, frame: bytes, at: datetime) -> str:
        audio = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            **who,
            "data": base64.b64encode(frame).decode(),
            "silent": self._switches.silent_flag and level_dbfs(frame) < QUIET_DBFS,
        }
        extra = {"trace": {"hops": 2}} if self._switches.extra_frames else {}
        return orjson.dumps({"kind": "AudioData", "audioData": audio | extra, **extra}).decode()

    def _hear(self, text: str) -> None:
        try:
            content = _lower_keys(orjson.loads(text))
        except orjson.JSONDecodeError:
            self._stream.complaints.append("not JSON")
            return
        match content:
            case {"kind": str(kind), "audiodata": {"data": str(data)}} if _is(kind, "AudioData"):
                self._play(data)
            case {"kind": str(kind)} if _is(kind, "StopAudio"):
                self._stream.stop_audio()
            case {"kind": str(kind)} if not _is(kind, "AudioData"):
                pass  # an unknown kind: observed to be harmless
            case _:
                self._stream.complaints.append("no kind, or AudioData without data")

    def _play(self, data: str) -> None:
        stream = self._stream
        try:
            pcm = base64.b64decode(data, validate=True)
        except binascii.Error:
            stream.complaints.append("data is not base64")
            return
        if not pcm or len(pcm) % frame_bytes(stream.rate_hz):
            stream.complaints.append(f"{len(pcm)} bytes are not whole frames of {FRAME_MS} ms")
        stream.play(pcm[: len(pcm) - len(pcm) % SAMPLE_BYTES])


def _who(raw_id: str | None) -> Json:
    return {"participantRawID": raw_id}


def _is(kind: str, name: str) -> bool:
    return kind.lower() == name.lower()


def _lower_keys(value: Any) -> Any:
    """Return JSON with its keys in lower case: five clients spell them in as many ways."""
    if isinstance(value, dict):
        return {key.lower(): _lower_keys(inner) for key, inner in value.items()}
    return value


def _metadata(rate_hz: int) -> str:
    metadata = {
        "subscriptionId": str(uuid4()),
        "encoding": "PCM",
        "sampleRate": rate_hz,
        "channels": 1,
        "length": frame_bytes(rate_hz),
    }
    return orjson.dumps({"kind": "AudioMetadata", "audioMetadata": metadata}).decode()
