"""The calls of this process: answered, connected to their media, followed to their end."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from bridge.acs.callbacks import Callback
from bridge.acs.calls import Calls
from bridge.acs.events import IncomingCall
from bridge.acs.line import AcsPhone, Line
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError, VoiceService
from bridge.call.record import Record
from bridge.call.session import run_call
from bridge.call.speaker import Prompts
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.service.flows import Flows
from bridge.service.tokens import LIFETIME_S, Purpose, Tokens

log = get_logger(__name__)

STALE_S = 30
"""A telephone rings for about 30 s (Microsoft's incoming-call page); later news is of no use."""

_REMEMBERED_S = 120
"""How long an answered call is remembered: longer than Event Grid's second delivery may take."""

Report = Callable[[Call, Record], None]


class Draining(Exception):
    """This process takes no new calls; another may."""


@dataclass
class _Answered:
    """A call between its answer and its end."""

    call: Call
    line: Line = field(default_factory=Line)
    since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    has_media: bool = False


class Switchboard:
    """Everything that is known about calls, and nothing that one call knows of another."""

    def __init__(
        self,
        flows: Flows,
        calls: Calls,
        voices: VoiceService,
        prompts: Prompts,
        tokens: Tokens,
        *,
        public_url: str,
        report: Report,
    ) -> None:
        self._flows = flows
        self._calls = calls
        self._voices = voices
        self._prompts = prompts
        self._tokens = tokens
        self._public_url = public_url
        self._report = report
        self._answered: dict[str, _Answered] = {}
        self._answers: dict[tuple[str, str], tuple[float, asyncio.Future[None]]] = {}
        self._shutdown = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = False

    async def incoming(self, ring: IncomingCall) -> None:
        """Answer or reject a ringing call, once, however often it is announced.

        Raises:
            PhoneError: ACS refused; a second announcement will try again.
            Draining: another process should answer.
        """
        self._forget()
        if (datetime.now(UTC) - ring.sent_at).total_seconds() > STALE_S:
            log.warning("incoming.stale", correlation_id=ring.correlation_id)
            return
        key = (ring.server_call_id, ring.correlation_id)
        if key in self._answers:
            log.info("incoming.duplicate", correlation_id=ring.correlation_id)
            await asyncio.shield(self._answers[key][1])
            return
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        self._answers[key] = (loop.time(), answer)
        try:
            await self._take(ring)
        except (PhoneError, Draining) as error:
            del self._answers[key]
            answer.set_exception(error)
            answer.exception()  # seen here, whether or not a duplicate waits for it
            raise
        answer.set_result(None)

    async def _take(self, ring: IncomingCall) -> None:
        call = Call(uuid4().hex[:16], ring.caller, ring.dialled, ring.correlation_id)
        with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
            flow = self._flows.answering(call.dialled)
            if flow is None:
                await self._calls.reject(ring.context)
                self._ended(call, CallEnd(By.BRIDGE, Reason.NO_FLOW, Then.NOTHING))
                return
            if self.draining:
                raise Draining
            self._answered[call.id] = _Answered(call)
            try:
                await self._calls.answer(
                    ring.context,
                    callback_url=self._url("callbacks", call),
                    media_url=self._url("media", call).replace("http", "ws", 1),
                    rate_hz=flow.phone_rate_hz,
                )
            except PhoneError as error:
                del self._answered[call.id]
                detail = str(error)
                self._ended(call, CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, detail))
                raise
            log.info("call.answered")

    def _url(self, door: str, call: Call) -> str:
        token = self._tokens.seal(Purpose(door), call)
        return f"{self._public_url}/acs/{door}/{token}"

    async def told(self, call: Call, callbacks: Iterable[Callback]) -> None:
        """Take in what ACS says about a call; ends the call if it never got its media.

        Raises:
            PhoneError: the call could not be hung up.
        """
        with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
            answered = self._answered.get(call.id)
            for callback in callbacks:
                log.info("callback", detail=callback.detail, known=answered is not None)
                if not answered:
                    continue
                answered.line.tell(callback)
                if answered.line.ended.done() and not answered.has_media:
                    self._answered.pop(call.id, None)
                    end, answered = answered.line.ended.result(), None
                    if end.then is Then.HANG_UP:
                        await self._calls.hang_up(callback.connection_id)
                    self._ended(call, end)

    def flow_for_media(self, call: Call) -> Callflow | None:
        """The flow that may take a call's media; None when it has media already, or no flow."""
        answered = self._answered.get(call.id)
        return None if answered and answered.has_media else self._flows.answering(call.dialled)

    async def media(
        self, call: Call, flow: Callflow, socket: web.WebSocketResponse, connection_id: str
    ) -> None:
        """Serve a call for as long as its media socket, and its caller, last."""
        answered = self._answered.setdefault(call.id, _Answered(call))
        answered.has_media = True
        self._idle.clear()
        phone = AcsPhone(socket, answered.line, self._calls, connection_id, flow.phone_rate_hz)
        try:
            with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
                log.info("media.open")
                record = await run_call(
                    call, flow, phone, self._voices, self._prompts, shutdown=self._shutdown
                )
                self._report(call, record)
        finally:
            del self._answered[call.id]
            if not any(other.has_media for other in self._answered.values()):
                self._idle.set()

    async def drain(self) -> None:
        """Take no new calls, and wait until the last one has ended."""
        self.draining = True
        await self._idle.wait()

    def end_all(self) -> None:
        """End every call now."""
        self._shutdown.set()

    def _forget(self) -> None:
        """Drop what is too old to matter, and give up calls whose media never came."""
        now = asyncio.get_running_loop().time()
        for key, (since, _) in list(self._answers.items()):
            if now - since > _REMEMBERED_S:
                del self._answers[key]
        for call_id, answered in list(self._answered.items()):
            if not answered.has_media and now - answered.since > LIFETIME_S[Purpose.MEDIA]:
                del self._answered[call_id]
                end = CallEnd(By.CARRIER, Reason.MEDIA_FAILED, Then.NOTHING, "it never came")
                self._ended(answered.call, end)

    def _ended(self, call: Call, end: CallEnd) -> None:
        self._report(call, Record(end=end))
