"""A call as the network sees it: it rings, is answered, carries sound, and ends."""

import asyncio
from collections.abc import Coroutine
from uuid import uuid4

import aiohttp
import numpy as np

from bridge.lab.acs import shapes
from bridge.lab.acs.callbacks import Callbacks
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.ends import NOT_ANSWERED, LineEnd, transferred
from bridge.lab.acs.eventgrid import Subscription
from bridge.lab.acs.media import LARGEST_MESSAGE, MediaSocket
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.switches import Switches

_STARTED_S = 0.1
"""From the media socket to MediaStreamingStarted; observed on real calls: 0.08 to 0.22."""
_CONNECTED_S = 1.25
"""From the answer to CallConnected, whatever the media does; observed: 1.0 to 1.5."""
_PARTICIPANTS_S = 0.02
_CLOSE_S = 0.02
"""From MediaStreamingStopped to the close of the socket; observed: 0.015 to 0.072."""
_DISCONNECTED_S = (0.04, 0.43)
"""From there to CallDisconnected, as observed."""
RATES_HZ = {"pcm16KMono": 16_000, "pcm24KMono": 24_000}
DEFAULT_FORMAT = "pcm16KMono"


class Leg:
    """One call. Its life is `live`, and all its tasks are gone when that returns."""

    def __init__(
        self, session: aiohttp.ClientSession, switches: Switches, *, callee: str, caller: str
    ) -> None:
        loop = asyncio.get_running_loop()
        self.callee = callee
        self.caller = caller
        self.switches = switches
        self.connection_id = str(uuid4())
        self.correlation_id = str(uuid4())
        self.server_call_id = shapes.server_call_id()
        self.context = shapes.incoming_call_context()
        self.circuit = Circuit(noise_dbfs=switches.noise_dbfs, seed=switches.seed)
        self.opened: asyncio.Future[None] = loop.create_future()
        """Done once the media has been open."""
        self.over: asyncio.Future[LineEnd] = loop.create_future()
        """Done as soon as the call has ended; what the bridge hears of that comes after."""
        self.sockets: list[MediaSocket] = []
        self.answered = False
        self.established = False
        self._answer: Json = {}
        self._version = ""
        self._session = session
        self._random = np.random.default_rng(switches.seed)
        self._errands: list[asyncio.Task[None]] = []

    async def live(self, subscription: Subscription, *, rings_s: float) -> LineEnd:
        """Ring for so long, then do what is asked until the call is over."""
        ringing = asyncio.get_running_loop().call_later(rings_s, self._stop_ringing)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._callbacks = Callbacks(
                    self._session, self._tasks, self.switches.callbacks, self._random
                )
                self._tasks.create_task(self._announce(subscription))
                end = await self.over
                await self._wind_down(end)
        finally:
            ringing.cancel()
            self.over.cancel()
            self.circuit.cut()
        return end

    def answer(self, body: Json, version: str) -> None:
        """Take the call as the body of an answer asks."""
        media = body["mediaStreamingOptions"]
        self.answered = True
        self._answer = body
        self._version = version
        self.circuit.rate_hz = RATES_HZ[media.get("audioFormat", DEFAULT_FORMAT)]
        self._errand(self._connect())
        if media.get("startMediaStreaming"):
            self.start_media(body, after_s=self.switches.media_delay_s)

    def end(self, end: LineEnd) -> None:
        """End the call, unless it has ended."""
        if not self.over.done():
            self.over.set_result(end)

    def start_media(self, request: Json, *, after_s: float) -> None:
        """Open the media socket in a moment, and report it."""
        self._errand(self._start_media(request, after_s))

    def stop_media(self, request: Json) -> None:
        """Close the media sockets in a moment; the call goes on."""
        self._tasks.create_task(self._stop_media(request))

    def transfer(self, request: Json) -> None:
        """Ring somebody else, while the media goes on."""
        self._errand(self._transfer(request))

    async def press(self, key: str) -> None:
        """Tell the bridge of a key, if it asked for keys."""
        tones = self._answer["mediaStreamingOptions"].get("enableDtmfTones")
        if tones and not self.switches.lose_tones:
            spelling = {"*": self.switches.dtmf_star, "#": self.switches.dtmf_pound}.get(key, key)
            for socket in self.sockets:
                await socket.send(shapes.tone(spelling))

    async def open_media(self) -> bool:
        """Connect to the URL of the answer, whatever other sockets there are."""
        try:
            if self.switches.media_never:
                raise aiohttp.ClientConnectionError("switched off")
            ws = await self._session.ws_connect(
                self._answer["mediaStreamingOptions"]["transportUrl"],
                headers={
                    "x-ms-call-correlation-id": self.correlation_id,
                    "x-ms-call-connection-id": self.connection_id,
                },
                compress=0,
                max_msg_size=LARGEST_MESSAGE + 1,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except (aiohttp.ClientError, TimeoutError):
            self._post("MediaStreamingFailed", shapes.MEDIA_FAILED, self._answer)
            return False
        socket = MediaSocket(ws, self.circuit, self.switches)
        self.sockets.append(socket)
        self._tasks.create_task(self._carry(socket))
        if not self.opened.done():
            self.opened.set_result(None)
            self.circuit.opened_s = asyncio.get_running_loop().time()
            self._errand(self.circuit.run())
        return True

    def incoming(self) -> Json:
        """Return the data of IncomingCall."""
        return {
            "to": shapes.identifier(self.callee, self.switches.kind),
            "from": shapes.identifier(self.caller, self.switches.kind),
            "serverCallId": self.server_call_id,
            "callerDisplayName": "",
            "incomingCallContext": self.context,
            "correlationId": self.correlation_id,
        }

    def properties(self) -> Json:
        """Return what the REST interface says about the call."""
        return {
            "callConnectionId": self.connection_id,
            "serverCallId": self.server_call_id,
            "targets": [shapes.identifier(shapes.BRIDGE)],
            "callConnectionState": "connected" if self.established else "connecting",
            "callbackUri": self._answer["callbackUri"],
            "sourceDisplayName": "",
            "source": shapes.identifier(self.caller),
            "correlationId": self.correlation_id,
            "answeredBy": {"id": shapes.BRIDGE},
        }

    def _stop_ringing(self) -> None:
        if not self.answered:
            self.end(NOT_ANSWERED)

    def _errand(self, errand: Coroutine[None, None, None]) -> None:
        """Do something that the end of the call cuts short."""
        self._errands.append(self._tasks.create_task(errand))

    def _post(self, event_type: str, data: Json, request: Json) -> None:
        """Send a callback that `request` led to."""
        common = {
            "version": self._version,
            "callConnectionId": self.connection_id,
            "serverCallId": self.server_call_id,
            "correlationId": self.correlation_id,
        }
        if context := request.get("operationContext"):
            common["operationContext"] = context
        uri: str = request.get("operationCallbackUri") or self._answer["callbackUri"]
        self._callbacks.post(uri, event_type, data | common)

    async def _announce(self, subscription: Subscription) -> None:
        await asyncio.sleep(self.switches.delayed_incoming_s)
        data = self.incoming()
        event = shapes.event_grid(
            "Microsoft.Communication.IncomingCall",
            f"/caller/{data['from']['rawId']}/recipient/{data['to']['rawId']}",
            data,
            late_s=self.switches.delayed_incoming_s,
        )
        if self.switches.duplicate_incoming == "together":
            self._tasks.create_task(subscription.deliver(event))
        await subscription.deliver(event)
        if self.switches.duplicate_incoming == "after":
            await subscription.deliver(event)

    async def _connect(self) -> None:
        await asyncio.sleep(_CONNECTED_S)
        self.established = True
        self._post("CallConnected", {"resultInformation": shapes.OK}, self._answer)
        await asyncio.sleep(_PARTICIPANTS_S)
        self._post("ParticipantsUpdated", shapes.participants(self.caller, shapes.BRIDGE), {})

    async def _start_media(self, request: Json, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if await self.open_media():
            await asyncio.sleep(_STARTED_S)
            self._post("MediaStreamingStarted", shapes.MEDIA_STARTED, request)

    async def _carry(self, socket: MediaSocket) -> None:
        await socket.run()
        if socket in self.sockets:
            self.sockets.remove(socket)
            self._post("MediaStreamingFailed", shapes.MEDIA_FAILED, self._answer)

    async def _stop_media(self, request: Json) -> None:
        sockets, self.sockets = self.sockets, []
        if sockets:
            self._post("MediaStreamingStopped", shapes.MEDIA_STOPPED, request)
            await asyncio.sleep(_CLOSE_S)
            for socket in sockets:
                await socket.close(aiohttp.WSCloseCode.OK)

    async def _transfer(self, request: Json) -> None:
        await asyncio.sleep(self.switches.transfer_rings_s)
        target = request["targetParticipant"]
        if self.switches.transfer_result == "accepted":
            parties = {
                "transferTarget": shapes.identified(target),
                "transferee": shapes.identifier(self.caller),
            }
            self._post("CallTransferAccepted", shapes.TRANSFERRED | parties, request)
            self.end(transferred(shapes.address(target)))
        else:
            code, sub_code = self.switches.transfer_result
            self._post("CallTransferFailed", shapes.failure(code, sub_code), request)

    async def _wind_down(self, end: LineEnd) -> None:
        self.circuit.cut()
        for errand in self._errands:
            errand.cancel()
        if self.answered:
            await self._stop_media(self._answer)
            await asyncio.sleep(self._random.uniform(*_DISCONNECTED_S))
            self._post("CallDisconnected", {"resultInformation": end.result()}, self._answer)
