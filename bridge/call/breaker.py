"""A circuit breaker: when speech is down, not every caller has to find that out."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from structlog import get_logger

from bridge.call.legs import VoiceLeg, VoiceLost, VoiceRefused, VoiceService, VoiceUnreachable
from bridge.flow.callflow import Callflow

log = get_logger(__name__)

FAILURES = 3
"""So many attempts in a row must fail to open the circuit,"""
WITHIN_S = 30.0
"""in no more time than this."""
OPEN_S = 15.0
"""While it is open: from the last failure, or the last new call that tried, to the next one."""
TRY_S = 1.0
"""While it is open: from the last failure to the next attempt of any call."""

_EVERYBODYS = (401, 403)
"""HTTP statuses that refuse us, and not the model or the agent of one flow."""


class Breaker:
    """A `VoiceService` that counts how attempts to connect end, over all calls.

    An attempt is an attempt, whichever call makes it: the three of one call within its first
    seconds say as much as one each of three calls. Once open, new calls are to be kept away, but
    for one at a time. Calls in progress have nowhere else to go: they may still try, together once
    a second, so that a service that is back after four seconds costs none of them. The first
    attempt to succeed closes the circuit.
    """

    def __init__(self, service: VoiceService) -> None:
        self._service = service
        self._failed_s: deque[float] = deque(maxlen=FAILURES)
        """When the last attempts failed; empty once one has succeeded."""
        self._attempts = 0
        """How many are under way."""
        self._next_call_s = 0.0
        self.is_open = False
        """Attempts have failed, and none has succeeded since."""

    def lets_through(self) -> bool:
        """Whether a new call may try for a session: any while closed, one in 15 s while open."""
        now_s = _now_s()
        if self.is_open and now_s < self._next_call_s:
            return False
        self._next_call_s = now_s + OPEN_S
        return True

    @property
    def is_shut(self) -> bool:
        """Whether nobody may try just now."""
        return self.is_open and (self._attempts > 0 or _now_s() - self._failed_s[-1] < TRY_S)

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLeg]:
        """Connect and set up a session, as the service does.

        Raises:
            VoiceUnreachable: no connection, or none was tried for, since the circuit is open.
            VoiceRefused: the service refused the session.
        """
        if self.is_shut:
            raise VoiceUnreachable("circuit open")
        async with AsyncExitStack() as session:
            yield await self._attempt(session, flow)

    async def _attempt(self, session: AsyncExitStack, flow: Callflow) -> VoiceLeg:
        self._attempts += 1
        try:
            leg = await session.enter_async_context(self._service.connect(flow))
        except (VoiceUnreachable, VoiceLost):
            self._failed()
            raise
        except VoiceRefused as refusal:
            if _status(refusal) in _EVERYBODYS:
                self._failed()
            else:
                self._succeeded()  # it is there, though not for this flow
            raise
        finally:
            self._attempts -= 1
        self._succeeded()
        return leg

    def _failed(self) -> None:
        now_s = _now_s()
        self._failed_s.append(now_s)
        is_row = len(self._failed_s) == FAILURES and now_s - self._failed_s[0] <= WITHIN_S
        if is_row and not self.is_open:
            self.is_open = True
            log.warning("breaker.open")
        if self.is_open:
            self._next_call_s = now_s + OPEN_S

    def _succeeded(self) -> None:
        self._failed_s.clear()
        if self.is_open:
            self.is_open = False
            log.info("breaker.closed")


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _status(error: BaseException | None) -> int | None:
    """HTTP status of the handshake that failed, among the causes of `error`."""
    while error:
        status = getattr(error, "status", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None
