"""Ending a call by our own decision: words first, heard to their end, then the deed."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog import get_logger

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.handover import Handover, Say
from bridge.call.legs import PhoneError, PhoneLeg
from bridge.call.playout import Playout
from bridge.call.race import never
from bridge.call.timeline import Kind, Timeline
from bridge.flow.outcomes import HangUp, Transfer

log = get_logger(__name__)


def end_of(outcome: HangUp | Transfer, by: By, detail: str = "") -> CallEnd:
    """The end of a call that was hung up or handed over."""
    if isinstance(outcome, HangUp):
        return CallEnd(by, Reason.HUNG_UP, detail=detail)
    return CallEnd(by, Reason.TRANSFERRED, Then.NOTHING, detail)


class Parting:
    """What hangs up or hands over, whoever decided it."""

    def __init__(
        self, phone: PhoneLeg, playout: Playout, handover: Handover, timeline: Timeline
    ) -> None:
        self._phone = phone
        self._playout = playout
        self._handover = handover
        self._timeline = timeline
        self.has_floor = False
        """The caller is being told by the line: an answer of the model comes too late."""
        self.aside: Say | None = None
        """Speaks what is not for the caller; without it, whoever decided speaks."""
        self.failed: Callable[[], Awaitable[None]] | None = None
        """Goes on with the talk after a transfer that failed."""
        self.is_done = False
        self._is_connecting = False
        self._turn = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def under_way(self) -> bool:
        """Whether the caller is being told, or connected: nobody else has anything to say."""
        return not self._idle.is_set()

    async def connected(self) -> bool:
        """Wait while the caller is being connected; whether the call is parted from."""
        if self._is_connecting:
            await self._idle.wait()
        return self.is_done

    async def take(
        self, outcome: HangUp | Transfer, say: Say, *, answers: bool = False
    ) -> str | None:
        """Speak, wait until it was heard, and do it; None if it is done, else why not, in words.

        Hanging up is left to the end of the call. Where it `answers`, the model says it as a part
        of the conversation.
        """
        async with self._turn:
            if self.is_done:
                await never()
            self._idle.clear()
            self.has_floor = not answers
            kind = Kind.HANG_UP if isinstance(outcome, HangUp) else Kind.TRANSFER
            self._timeline.begin(kind)
            problem: str | None = "cut short"
            try:
                if outcome.say:
                    await say(outcome.say)
                await self._playout.drained()
                problem = None
                if isinstance(outcome, Transfer):
                    problem = await self._transferred(outcome, say)
                self.is_done = problem is None
            finally:
                self.has_floor = False
                self._idle.set()
                self._timeline.end(kind, outcome=problem or "")
        if problem:
            log.warning("transfer.failed", detail=problem)
            if self.failed:
                await self.failed()
        return problem

    async def _transferred(self, transfer: Transfer, say: Say) -> str | None:
        self._is_connecting = True
        try:
            if transfer.brief:
                self._timeline.begin(Kind.HOLD)
                return await self._handover.consult(transfer, self.aside or say)
            return await self._phone.transfer(transfer)
        except PhoneError as error:
            return str(error)
        finally:
            self._is_connecting = False
            self._timeline.end(Kind.HOLD)
