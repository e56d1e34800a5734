"""Both clouds of a load: telephones that ring and speak, and the speech service behind."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from time import time
from types import MappingProxyType
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import orjson
from aiohttp import web

from bench.lateness import Lateness
from bench.media import Answered, Media
from bench.scenarios import Scenario
from bench.site import Site
from bench.sound import FRAME_S
from bench.voice import PERIOD_S, Voice
from bridge.lab.acs import shapes

_PATIENCE_S = 15.0
"""For a call to be answered and connected."""
_RATES_HZ = {"pcm16KMono": 16_000, "pcm24KMono": 24_000}


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
    callers: Iterator[int] = field(default_factory=lambda: count(int(time()) % 9_000_000))
    """Of their numbers; others in each run, as a line may count a caller's calls."""

    async def ring(
        self, events_url: str, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Answered | None:
        """Announce a call of somebody new as Event Grid does; returns how it is answered.

        None where the call is turned down.
        """
        context = uuid4().hex
        answer: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        self.answers[context] = answer
        data = {
            "to": shapes.identifier(self.scenario.number),
            "from": shapes.identifier(f"+1425{next(self.callers):07}"),
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
        try:
            async with asyncio.timeout(_PATIENCE_S):
                async with self.http.post(events_url, json=[event], headers=headers) as response:
                    response.raise_for_status()
                return await answer
        finally:
            del self.answers[context]

    async def call(self, answered: Answered, *, of: int) -> None:
        """Connect one call of a number of calls, spread evenly over frames and responses."""
        media = self.caller(answered, self.scenario.phone_hz, self.lateness)
        loop, url = asyncio.get_running_loop(), urlsplit(answered.media_url)
        tls = _trust() if url.scheme == "wss" else None
        host, port = str(url.hostname), url.port or (443 if tls else 80)
        async with asyncio.timeout(_PATIENCE_S):
            await loop.create_connection(lambda: media, host, port, ssl=tls)
            await media.open
            nth = len(self.media)
            self.media.append(media)
            loop.call_later(nth / of * FRAME_S, media.speak)
            voice = await self.sessions.get()
        self.voices.append(voice)
        voice.talk(media.tally, nth, nth / of * PERIOD_S)

    async def hang_up(self, answered: Answered) -> None:
        """Tell the bridge of a call which ACS was asked to answer that the caller has hung up.

        `ClientError` where it does not take that.
        """
        names = {"callConnectionId": answered.connection_id, "serverCallId": "bench"}
        result = {"code": 200, "subCode": 540000, "message": "The caller has hung up."}
        event = shapes.callback("CallDisconnected", names | {"resultInformation": result})
        url, proof = answered.callback_url, answered.proof
        async with self.http.post(url, json=[event], headers=proof, raise_for_status=True):
            pass

    def clear(self) -> None:
        """Begin to count anew."""
        self.lateness.clear()
        for media in self.media:
            media.tally.clear()


_HERE = Site()


@cache
def _trust() -> ssl.SSLContext:
    """As the system trusts, or `SSL_CERT_FILE`."""
    return ssl.create_default_context()


@contextlib.asynccontextmanager
async def clouds(
    scenario: Scenario,
    *,
    voice: type[Voice] = Voice,
    media: type[Media] = Media,
    site: Site = _HERE,
) -> AsyncIterator[Clouds]:
    """Start both clouds, on loopback unless the site is another; leaving hangs up.

    `OSError` where a port of the site is taken.
    """
    loop = asyncio.get_running_loop()
    sessions: asyncio.Queue[Voice] = asyncio.Queue()
    answers: dict[str, asyncio.Future[Answered | None]] = {}

    async def rest(request: web.Request) -> web.Response:
        """Answer calls, take note of those turned down, and agree to all else."""
        does = request.path.rpartition(":")[2]
        if does not in ("answer", "reject", "redirect"):
            return web.Response(status=204)
        body = orjson.loads(await request.read())
        answer = answers.get(body["incomingCallContext"])
        if not answer or answer.done():
            raise web.HTTPNotFound  # it rings no more
        if does != "answer":
            answer.set_result(None)
            return web.Response(status=204)
        options = body["mediaStreamingOptions"]
        answered = Answered(
            options["transportUrl"],
            str(uuid4()),
            body["callbackUri"],
            _RATES_HZ[options["audioFormat"]],
            site.proof(),
        )
        answer.set_result(answered)
        told = {"callConnectionId": answered.connection_id, "serverCallId": "bench", "targets": []}
        return web.json_response(told | {"callConnectionState": "connecting"})

    app = web.Application()
    site.serve(app.router)
    app.router.add_route("*", "/{path:.*}", rest)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        acs, voices_door = site.doors
        await web.TCPSite(runner, acs.host, acs.port, ssl_context=acs.tls).start()
        voices = await loop.create_server(
            lambda: voice(sessions), voices_door.host, voices_door.port, ssl=voices_door.tls
        )
        acs_url = site.url(runner.addresses[0][1])
        voice_url = site.url(voices.sockets[0].getsockname()[1])
    except OSError:
        await runner.cleanup()
        raise
    async with aiohttp.ClientSession() as http:
        running = Clouds(scenario, acs_url, voice_url, sessions, answers, http, media)
        try:
            yield running
        finally:
            for caller in running.media:
                caller.close()
            voices.close()
            await runner.cleanup()
