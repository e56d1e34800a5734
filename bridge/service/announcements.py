"""Announcements of ringing calls: Event Grid repeats them, and some come too late."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from structlog import get_logger

from bridge.acs.events import IncomingCall
from bridge.call.legs import PhoneError

log = get_logger(__name__)

STALE_S = 30
"""A telephone rings for about 30 s (Microsoft's incoming-call page); later news is of no use."""

REMEMBERED_S = 120
"""How long an answered call is remembered: longer than Event Grid's second delivery may take."""


class Draining(Exception):
    """This process takes no new calls; another may."""


class Announcements:
    """The calls that were announced lately."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[float, asyncio.Future[None]]] = {}

    async def once(
        self, ring: IncomingCall, take: Callable[[IncomingCall], Awaitable[None]]
    ) -> None:
        """Take a call, once, however often it is announced; a failure may be tried again.

        Raises:
            PhoneError, Draining: as `take` does, now or for the announcement before.
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
        self._answers[key] = (loop.time() + REMEMBERED_S, answer)
        try:
            await take(ring)
        except (PhoneError, Draining) as error:
            del self._answers[key]
            answer.set_exception(error)
            answer.exception()  # seen here, whether or not a duplicate waits for it
            raise
        answer.set_result(None)
