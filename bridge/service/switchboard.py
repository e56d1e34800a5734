"""The calls of this process: answered, connected to their media, followed to their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
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
from bridge.call.legs import PhoneError
from bridge.call.record import Record
from bridge.call.session import Common, run_call
from bridge.flow.call import Call
from bridge.service.flows import Flows
from bridge.service.tokens import LIFETIME_S, Purpose, Tokens

log = get_logger(__name__)

STALE_S = 30
"""A telephone rings for about 30 s (Microsoft's incoming-call page); later news is of no use."""

_REMEMBERED_S = 120
"""How long an answered call is remembered: longer than Event Grid's second delivery may take."""

Report = Callable[[Call, Record], None]
Serve = Callable[[web.WebSocketResponse, str], Awaitable[None]]
"""Serves a call over its media socket, given ACS's id of its connection, until it has ended."""


class Draining(Exception):
    """This process takes no new calls; another may."""


class MediaRefused(Exception):
    """The call has its media already, or no flow."""


@dataclass
class _Answered:
    """A call between its answer and its end."""

    call: Call
    patience: asyncio.TimerHandle
    """Runs out if its media does not come."""
    line: Line = field(default_factory=Line)
    has_media: bool = False


class Switchboard:
    """Everything that is known about calls, and nothing that one call knows of another."""

    def __init__(
        self,
        flows: Flows,
        calls: Calls,
        common: Common,
        tokens: Tokens,
        *,
        public_url: str,
        report: Report,
    ) -> None:
        self._flows = flows
        self._calls = calls
        self.common = common
        self._tokens = tokens
        self._public_url = public_url
        self._report = report
        self._answered: dict[str, _Answered] = {}
        self._answers: dict[tuple[str, str], tuple[float, asyncio.Future[None]]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = False

    @property
    def in_progress(self) -> list[Call]:
        """Calls that have not ended: a copy, made in one step, for any thread."""
        return [answered.call for answered in list(self._answered.values())]

    async def incoming(self, ring: IncomingCall) -> None:
        """Answer or reject a ringing call, once, however often it is announced.

        Raises:
            PhoneError: ACS refused; a second announcement will try again.
            Draining: another process should answer.
        """
        loop = asyncio.get_running_loop()
        for old in [key for key, (at, _) in self._answers.items() if at < loop.time()]:
            del self._answers[old]
        if (datetime.now(UTC) - ring.sent_at).total_seconds() > STALE_S:
            log.warning("incoming.stale", correlation_id=ring.correlation_id)
            return
        key = (ring.server_call_id, ring.correlation_id)
        if key in self._answers:
            log.info("incoming.duplicate", correlation_id=ring.correlation_id)
            await asyncio.shield(self._answers[key][1])
            return
        answer = loop.create_future()
        self._answers[key] = (loop.time() + _REMEMBERED_S, answer)
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
            self._expect(call)
            try:
                await self._calls.answer(
                    ring.context,
                    callback_url=self._url("callbacks", call),
                    media_url=self._url("media", call).replace("http", "ws", 1),
                    rate_hz=flow.phone_rate_hz,
                )
            except PhoneError as error:
                self._forget(call)
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
                    end, answered = answered.line.ended.result(), None
                    self._forget(call)
                    self._ended(call, end)
                    if end.then is Then.HANG_UP:
                        await self._calls.hang_up(callback.connection_id)

    @asynccontextmanager
    async def media(self, call: Call) -> AsyncIterator[Serve]:
        """Claim the media of a call; what this yields serves it over its socket.

        Raises:
            MediaRefused: it has been claimed before, or no flow answers its number.
        """
        flow = self._flows.answering(call.dialled)
        answered = self._answered.get(call.id)
        if flow is None or (answered and answered.has_media):
            raise MediaRefused
        answered = answered or self._expect(call)
        answered.has_media = True
        answered.patience.cancel()

        async def serve(socket: web.WebSocketResponse, connection_id: str) -> None:
            phone = AcsPhone(socket, answered.line, self._calls, connection_id, flow.phone_rate_hz)
            with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
                log.info("media.open")
                record = await run_call(call, flow, phone, self.common)
                self._report(call, record)

        try:
            yield serve
        finally:
            self._forget(call)

    async def drain(self) -> None:
        """Take no new calls, and wait until the last one has ended."""
        self.draining = True
        await self._idle.wait()

    def end_all(self) -> None:
        """End every call now."""
        self.common.shutdown.set()
        for answered in list(self._answered.values()):
            if not answered.has_media:
                self._forget(answered.call)
                self._ended(answered.call, CallEnd(By.BRIDGE, Reason.SHUTDOWN, Then.NOTHING))

    def _expect(self, call: Call) -> _Answered:
        """From now on the call is in progress."""
        patience = asyncio.get_running_loop().call_later(
            LIFETIME_S[Purpose.MEDIA], self._media_never_came, call
        )
        self._idle.clear()
        self._answered[call.id] = _Answered(call, patience)
        return self._answered[call.id]

    def _forget(self, call: Call) -> None:
        """The call is no longer in progress."""
        self._answered.pop(call.id).patience.cancel()
        if not self._answered:
            self._idle.set()

    def _media_never_came(self, call: Call) -> None:
        self._forget(call)
        self._ended(call, CallEnd(By.CARRIER, Reason.MEDIA_FAILED, Then.NOTHING, "it never came"))

    def _ended(self, call: Call, end: CallEnd) -> None:
        self._report(call, Record(end=end))
