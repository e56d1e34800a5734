"""The calls of this process: answered or placed, connected to their media, seen to their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from aiohttp import web
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from bridge.acs.callbacks import Callback
from bridge.acs.events import IncomingCall
from bridge.call.breaker import Breaker
from bridge.call.common import Common
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.call.record import Record
from bridge.call.session import run_call
from bridge.flow.call import Call
from bridge.service.admission import Admission
from bridge.service.capacity import Capacity
from bridge.service.carrier import Carrier
from bridge.service.numbers.lines import Lines
from bridge.service.outbound import MOST_CALLS
from bridge.service.register import Answered, Register, Report
from bridge.service.replicas.others import Alone, Held, Others
from bridge.service.ringing import Ringing
from bridge.service.traces import Traces

log = get_logger(__name__)

LAST_WORDS_S = 30.0
"""For what callers are told at the end of a drain, and for ACS to pass them on."""

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]
"""Serves a call over a media socket until it is done with it."""


class MediaRefused(Exception):
    """The call has its media already, is over, is another, or has no flow."""


class Switchboard:
    """Everything that is known about calls, and nothing that one call knows of another."""

    def __init__(
        self,
        lines: Lines,
        carrier: Carrier,
        common: Common,
        capacity: Capacity,
        *,
        report: Report,
        traces: Traces,
        most_placed: int = MOST_CALLS,
        others: Others | None = None,
    ) -> None:
        """Have `carrier` carry what no other brings, and what is placed; alone or with `others`.

        `most_placed` is how many calls that it placed one number may have at a time.
        """
        self._lines = lines
        self._carrier = carrier
        self._traces = traces
        self.breaker = Breaker(common.voices)
        self.common = common
        self._others = others or Alone()
        self._register = Register(report, capacity, self.breaker, self._others)
        self._answered = self._register.answered
        self.admission = Admission(self.breaker, common.prompts, capacity, self._register.answers)
        self._ringing = Ringing(
            lines,
            carrier,
            self._register,
            self.admission,
            self.breaker,
            self._others,
            most_placed=most_placed,
        )

    @property
    def draining(self) -> bool:
        """Whether no call begins here any more."""
        return self._ringing.is_closed

    @property
    def in_progress(self) -> list[Call]:
        """Calls that have not ended: a copy, made in one step, for any thread."""
        return [answered.call for answered in list(self._answered.values())]

    @property
    def live(self) -> list[Answered]:
        """The same, with all that is known of them."""
        return list(self._answered.values())

    async def incoming(self, ring: IncomingCall, carrier: Carrier) -> None:
        """Answer, redirect or reject a ringing call; errors are those of `Ringing.incoming`."""
        await self._ringing.incoming(ring, carrier)

    async def place(self, flow_name: str, to: str) -> Call:
        """Call somebody from the number of a flow; errors are those of `Ringing.place`."""
        return await self._ringing.place(flow_name, to)

    async def told(
        self, call: Call, callbacks: Sequence[Callback], *, is_forwarded: bool = False
    ) -> None:
        """Take in what ACS says about a call; ends the call if it never got its media.

        What is said about a call of another replica is passed on to it, unless it `is_forwarded`.

        Raises:
            PhoneError: the call could not be hung up.
        """
        with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
            answered = self._answered.get(call.id)
            if not answered and not is_forwarded:
                self._others.forward(call, callbacks)
            for callback in callbacks:
                log.info("callback", detail=callback.detail, known=answered is not None)
                if not answered or answered.connection_id not in ("", callback.connection_id):
                    continue
                answered.line.tell(callback)
                if not answered.has_media:
                    answered.heard.append(callback)
                end = answered.line.end_before_media
                if end and not answered.has_media:
                    calls, answered = answered.carrier.calls, None
                    self._register.gives_up(call, end)
                    if end.then is Then.HANG_UP:
                        await calls.connection(callback.connection_id).hang_up()

    @asynccontextmanager
    async def media(
        self, call: Call, connection_id: str, *, is_fresh: bool
    ) -> AsyncIterator[Serve]:
        """Claim the media of a call: its first by a fresh token, or that in place of a broken one.

        What this yields serves the call over its socket.

        Raises:
            MediaRefused: it has been claimed before, is over, is not of this connection of ACS's,
                or no flow answers its number.
        """
        answered = self._answered.get(call.id)
        if answered and answered.connection_id not in ("", connection_id):
            raise MediaRefused
        if answered and answered.phone and (place := answered.phone.claim()):
            try:
                yield place.serve
            finally:
                answered.phone.unclaim(place)
            return
        if not is_fresh or self._had_media(call):
            raise MediaRefused
        held = await self._others.claim(call, connection_id)
        if not held or self._had_media(call):
            raise MediaRefused
        answered = self._answered.get(call.id) or self._taken_over(held)
        answer = answered.answer
        self._register.takes_media(answered, connection_id)

        async def serve(socket: web.WebSocketResponse) -> None:
            answered.phone = phone = answered.carrier.phone(
                call, socket, answered.line, connection_id, answer.flow.phone_rate_hz
            )
            with (
                bound_contextvars(call_id=call.id, correlation_id=call.correlation_id),
                self._traces.of_call(answered),
            ):
                log.info("media.open")
                one = await run_call(
                    call,
                    answer.flow,
                    phone,
                    replace(self.common, voices=answered.voices),
                    answer.instead,
                    is_placed=answered.is_placed,
                    begins=answered.begins,
                )
                self._register.ended(answered, one.record, one)

        try:
            yield serve
        finally:
            self._register.forget(call)

    def take_no_more(self) -> None:
        """Let no call begin here from now on."""
        self._ringing.is_closed = True

    async def drain(self, most_s: float | None = None) -> None:
        """Take no new calls, and wait until the last one has ended.

        After `most_s`, callers are told what their flow falls back to, and it is done: they are
        passed on or let go. Returns half a minute later, whoever is still there.
        """
        self.take_no_more()
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._register.idle()
                return
        log.warning("drain.time_is_up", count=len(self._answered))
        self.common.closing.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._register.idle()

    def end_all(self) -> None:
        """End every call now."""
        self.common.shutdown.set()
        end = CallEnd(By.BRIDGE, Reason.SHUTDOWN, Then.NOTHING)
        for answered in list(self._answered.values()):
            if not answered.has_media:
                self._register.gives_up(answered.call, end)

    def taken(self, call_id: str) -> None:
        """Another replica has the media of a call, and so the call; it learns what ACS has said."""
        answered = self._answered.get(call_id)
        if answered and not answered.has_media:
            log.info("call.taken_over", call_id=call_id)
            self._register.let_go(answered.call)
            self._others.forward(answered.call, answered.heard)

    async def bury(self, held: Held, record: Record) -> None:
        """Report and hang up a call whose replica is lost."""
        call = held.call
        with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
            self._register.lost(held, record)
            try:
                if held.connection_id:
                    await self._carrier.calls.connection(held.connection_id).hang_up()
            except PhoneError as error:
                log.warning("hang_up.refused", detail=str(error))

    def _had_media(self, call: Call) -> bool:
        answered = self._answered.get(call.id)
        return bool(answered and answered.has_media) or self._register.is_over(call)

    def _taken_over(self, held: Held) -> Answered:
        """A call that another process answered, decided anew by the clock of this one."""
        call = held.call
        version = self._lines.version_for(call)
        answer = self.admission.of_answered(call, version.flows, held.why)
        if answer is None:
            self._others.forgets(call)
            raise MediaRefused
        return self._register.expect(call, answer, version, self._carrier, is_placed=held.is_placed)
