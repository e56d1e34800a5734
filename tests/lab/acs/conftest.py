"""A small bridge, written by hand, that answers with the real SDK and echoes what it hears."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Self

import pytest
from aiohttp import WSMsgType, web
from azure.communication.callautomation import (
    AudioFormat,
    CommunicationIdentifier,
    MediaStreamingAudioChannelType,
    MediaStreamingContentType,
    MediaStreamingOptions,
    PhoneNumberIdentifier,
    StreamingTransportType,
)
from azure.communication.callautomation.aio import CallAutomationClient, CallConnectionClient
from azure.core.credentials import AzureKeyCredential

from bridge.lab.acs import AcsStandIn, Phone, Switches
from bridge.lab.speech import Studio

Json = dict[str, Any]
NUMBER = "+18005550100"


class Bridge:
    """Answers, echoes, and remembers everything; each habit can be changed by a test."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[web.Request, Any]] = []
        self.posts: list[list[Json]] = []
        self.frames: list[Json] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.upgrades: list[web.Request] = []
        self.closes: list[int | None] = []
        self.statuses: list[int] = []
        """What the webhook answers, one after the other, before it answers 200."""
        self.callback_statuses: list[int] = []
        self.options: Json = {}
        """Media options other than the usual ones."""
        self.echo = True
        self.answers = True
        self.hesitations_s: list[float] = []
        """What the webhook waits before it answers, one after the other."""
        self.handshake: Callable[[web.Request, Any], web.Response] = shake_hands
        self.arrived = asyncio.Condition()
        app = web.Application()
        app.router.add_route("*", "/events", self._events)
        app.router.add_post("/callbacks", self._callbacks)
        app.router.add_get("/media", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.host = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def connect(self, acs: AcsStandIn) -> None:
        self.client = CallAutomationClient(acs.endpoint, AzureKeyCredential(acs.access_key))

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://{self.host}/{path}"

    @property
    def events(self) -> list[Json]:
        """All callbacks, in the order in which they came."""
        return [event for post in self.posts for event in post]

    @property
    def types(self) -> list[str]:
        return [event["type"].removeprefix("Microsoft.Communication.") for event in self.events]

    def callback(self, event_type: str) -> Json:
        """Data of the one callback of a type."""
        (event,) = (e for e in self.events if e["type"].endswith(f".{event_type}"))
        return dict(event["data"])

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to arrive."""
        async with self.arrived:
            await self.arrived.wait_for(reached)

    async def told(self, event_type: str) -> None:
        await self.until(lambda: event_type in self.types)

    def media(self) -> MediaStreamingOptions:
        usual: Json = {
            "transport_url": self.url("media?token=t", "ws"),
            "transport_type": StreamingTransportType.WEBSOCKET,
            "content_type": MediaStreamingContentType.AUDIO,
            "audio_channel_type": MediaStreamingAudioChannelType.MIXED,
            "start_media_streaming": True,
            "enable_bidirectional": True,
            "audio_format": AudioFormat.PCM24_K_MONO,
            "enable_dtmf_tones": True,
        }
        return MediaStreamingOptions(**(usual | self.options))

    async def answer(self, context: str, **options: Any) -> CallConnectionClient:
        answered = await self.client.answer_call(
            context,
            options.pop("callback_url", self.url("callbacks")),
            media_streaming=self.media(),
            operation_context="hello",
            **options,
        )
        return self.call(answered.call_connection_id)

    async def calls(self, target: CommunicationIdentifier, **options: Any) -> CallConnectionClient:
        created = await self.client.create_call(
            target,
            self.url("callbacks"),
            source_caller_id_number=PhoneNumberIdentifier(NUMBER),
            media_streaming=self.media(),
            operation_context="out",
            **options,
        )
        return self.call(created.call_connection_id)

    def call(self, connection_id: str | None) -> CallConnectionClient:
        assert connection_id
        return self.client.get_call_connection(connection_id)

    async def _note(self) -> None:
        async with self.arrived:
            self.arrived.notify_all()

    async def _events(self, request: web.Request) -> web.Response:
        body: Any = await request.json() if request.can_read_body else {}
        self.deliveries.append((request, body))
        await self._note()
        if request.method == "OPTIONS" or "validationCode" in str(body):
            return self.handshake(request, body)
        if self.hesitations_s:
            await asyncio.sleep(self.hesitations_s.pop(0))
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if self.answers and "IncomingCall" in str(body):
            event = body[0] if isinstance(body, list) else body
            await self.answer(event["data"]["incomingCallContext"])
        return web.Response()

    async def _callbacks(self, request: web.Request) -> web.Response:
        self.posts.append(await request.json())
        await self._note()
        return web.Response(status=self.callback_statuses.pop(0) if self.callback_statuses else 200)

    async def _media(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.upgrades.append(request)
        self.sockets.append(socket)
        await self._note()
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            frame = message.json()
            self.frames.append(frame)
            if frame["kind"] != "AudioData":
                await self._note()
            elif self.echo:
                await socket.send_json(sound(frame["audioData"]["data"]))
        self.closes.append(socket.close_code)
        await self._note()
        return socket

    def audio(self) -> bytes:
        """Everything the caller said, as it arrived."""
        return b"".join(
            base64.b64decode(frame["audioData"]["data"])
            for frame in self.frames
            if frame["kind"] == "AudioData"
        )

    async def says(self, pcm: bytes) -> None:
        """Send sound to the newest socket, all at once in messages of half a second."""
        for start in range(0, len(pcm), 24_000):
            piece = pcm[start : start + 24_000]
            await self.sockets[-1].send_json(sound(base64.b64encode(piece).decode()))


def sound(data: str) -> Json:
    return {"Kind": "AudioData", "AudioData": {"Data": data}, "StopAudio": None}


def shake_hands(request: web.Request, body: Any) -> web.Response:
    if request.method == "OPTIONS":
        origin = request.headers["WebHook-Request-Origin"]
        return web.Response(headers={"WebHook-Allowed-Origin": origin, "Allow": "POST"})
    return web.json_response({"validationResponse": body[0]["data"]["validationCode"]})


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    async with Bridge() as bridge:
        yield bridge


@pytest.fixture
async def acs(studio: Studio, bridge: Bridge) -> AsyncIterator[AcsStandIn]:
    """The stand-in, with the bridge subscribed to its calls."""
    async with AcsStandIn(studio) as acs:
        await acs.subscribe(bridge.url("events?key=secret"))
        bridge.connect(acs)
        async with bridge.client:
            yield acs


Dial = Callable[..., Coroutine[None, None, Phone]]


@pytest.fixture
def dial(acs: AcsStandIn) -> Dial:
    """Dials under the given switches, and waits for the answer."""

    async def dialled(**switches: Any) -> Phone:
        acs.switches = Switches(**switches)
        phone = await acs.dial(NUMBER)
        await phone.answered()
        return phone

    return dialled
