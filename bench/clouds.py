"""Both clouds of a load: telephones that ring and speak, and the speech service behind."""

import asyncio
import base64
import contextlib
from bisect import bisect
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import orjson
from aiohttp import web

from bench.scenarios import Scenario
from bench.sound import FRAME_S, LEVELS, Format, marked, marks
from bench.tally import Tally
from bench.voice import PERIOD_S, Voice
from bench.wire import Wire, packed, upgrade

ACCESS_KEY = base64.b64encode(b"bench").decode()

_LATE_S, _NEAR_S = 0.004, 0.015
"""A frame that leaves so late tells that what came so short before or after was seen late, too."""
_PATIENCE_S = 15.0
"""For a call to be answered and connected."""


class Lateness:
    """How long after their time the frames of callers leave: the load's own trouble."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._late_at: list[float] = []

    def note(self, late_s: float) -> None:
        """A frame leaves."""
        self.seconds.append(late_s)
        if late_s > _LATE_S:
            self._late_at.append(perf_counter())

    def is_near(self, moment_s: float) -> bool:
        """Whether the load was held up around a moment: what it saw then, it saw late."""
        after = bisect(self._late_at, moment_s - _NEAR_S)
        return after < len(self._late_at) and self._late_at[after] < moment_s + _NEAR_S

    def clear(self) -> None:
        """Forget figures, not moments."""
        self.seconds.clear()


class Answered(NamedTuple):
    """Where the media of a call goes, and the call's name, if ACS was asked to answer it."""

    media_url: str
    connection_id: str = ""


class Media(Wire):
    """A caller who speaks from the first frame to the last, as ACS streams it."""

    def __init__(self, answered: Answered, rate_hz: int, lateness: Lateness) -> None:
        url = urlsplit(answered.media_url)
        connection_id = answered.connection_id or str(uuid4())
        super().__init__(upgrade(url.netloc, url.path, x_ms_call_connection_id=connection_id))
        self.tally = Tally()
        self.format = Format(rate_hz)
        self._lateness = lateness
        self._frames = [_audio_frame(number, self.format) for number in range(LEVELS)]

    def speak(self) -> None:
        """Send metadata, then a frame every 20 ms until the connection ends."""
        metadata = {"encoding": "PCM", "sampleRate": self.format.rate_hz, "channels": 1}
        self.write(_kind("AudioMetadata", audioMetadata=metadata))
        self._say(asyncio.get_running_loop().time(), perf_counter(), 0)

    def _say(self, first_at: float, first_s: float, number: int) -> None:
        if self.is_lost:
            return
        self._lateness.note(perf_counter() - first_s - number * FRAME_S)
        self.tally.sends_up(number)
        self.write(self._frames[number % LEVELS])
        following = number + 1
        at = first_at + following * FRAME_S
        asyncio.get_running_loop().call_at(at, self._say, first_at, first_s, following)

    def on_text(self, text: bytes) -> None:
        """Hear the agent."""
        if b'"Data"' in text:
            self.tally.hears_down(marks(text, b'"Data"', self.format))


def _audio_frame(number: int, of: Format) -> bytes:
    audio = {
        "timestamp": "2026-11-15T19:16:12.925Z",
        "participantRawID": None,
        "data": base64.b64encode(marked(number, of)).decode(),
        "silent": False,
    }
    return _kind("AudioData", audioData=audio)


def _kind(kind: str, **content: object) -> bytes:
    return packed(orjson.dumps({"kind": kind, **content}), masked=True)


@dataclass
class Clouds:
    """Running stand-ins, and the calls between them."""

    scenario: Scenario
    acs_url: str
    voice_url: str
    sessions: asyncio.Queue[Voice]
    answers: dict[str, asyncio.Future[Answered | None]]
    http: aiohttp.ClientSession
    caller: type[Media]
    media: list[Media] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    lateness: Lateness = field(default_factory=Lateness)

    async def ring(self, events_url: str) -> Answered | None:
        """Announce a call as Event Grid does; returns how it is answered.

        None where the call is turned down.
        """
        context = uuid4().hex
        answer: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        self.answers[context] = answer
        caller = {"kind": "phoneNumber", "rawId": "4:+18005550177"}
        data = {
            "to": {"rawId": "4:", "phoneNumber": {"value": self.scenario.number}},
            "from": caller | {"phoneNumber": {"value": "+18005550177"}},
            "serverCallId": uuid4().hex,
            "incomingCallContext": context,
            "correlationId": str(uuid4()),
        }
        event = {
            "id": uuid4().hex,
            "eventType": "Microsoft.Communication.IncomingCall",
            "eventTime": datetime.now(UTC).isoformat(),
            "data": data,
        }
        async with asyncio.timeout(_PATIENCE_S):
            async with self.http.post(events_url, json=[event]) as response:
                response.raise_for_status()
            return await answer

    async def call(self, answered: Answered, *, of: int) -> None:
        """Connect one call of a number of calls, spread evenly over frames and responses."""
        media = self.caller(answered, self.scenario.phone_hz, self.lateness)
        loop, url = asyncio.get_running_loop(), urlsplit(answered.media_url)
        host, port = str(url.hostname), url.port or 80
        async with asyncio.timeout(_PATIENCE_S):
            await loop.create_connection(lambda: media, host, port)
            await media.open
            nth = len(self.media)
            self.media.append(media)
            loop.call_later(nth / of * FRAME_S, media.speak)
            voice = await self.sessions.get()
        self.voices.append(voice)
        voice.talk(media.tally, nth, nth / of * PERIOD_S)

    def clear(self) -> None:
        """Begin to count anew."""
        self.lateness.clear()
        for media in self.media:
            media.tally.clear()


@contextlib.asynccontextmanager
async def clouds(
    scenario: Scenario, *, voice: type[Voice] = Voice, media: type[Media] = Media
) -> AsyncIterator[Clouds]:
    """Start both clouds on loopback; leaving hangs up."""
    loop = asyncio.get_running_loop()
    sessions: asyncio.Queue[Voice] = asyncio.Queue()
    answers: dict[str, asyncio.Future[Answered | None]] = {}

    async def rest(request: web.Request) -> web.Response:
        """Answer calls, take note of those turned down, and agree to all else."""
        if request.path.endswith(":reject"):
            answers.pop(orjson.loads(await request.read())["incomingCallContext"]).set_result(None)
        if not request.path.endswith(":answer"):
            return web.Response(status=204)
        body = orjson.loads(await request.read())
        url = body["mediaStreamingOptions"]["transportUrl"]
        answered = Answered(url, str(uuid4()))
        answers.pop(body["incomingCallContext"]).set_result(answered)
        told = {"callConnectionId": answered.connection_id, "serverCallId": "bench", "targets": []}
        return web.json_response(told | {"callConnectionState": "connecting"})

    voices = await loop.create_server(lambda: voice(sessions), "127.0.0.1", 0)
    voice_url = f"http://127.0.0.1:{voices.sockets[0].getsockname()[1]}"
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", rest)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    acs_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as http:
        running = Clouds(scenario, acs_url, voice_url, sessions, answers, http, media)
        try:
            yield running
        finally:
            for caller in running.media:
                caller.close()
            voices.close()
            await runner.cleanup()
