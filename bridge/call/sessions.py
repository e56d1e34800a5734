"""Sessions with the speech service, each of which knows what was said before it began."""

import asyncio
from contextlib import AsyncExitStack, suppress
from itertools import chain, repeat

from structlog import get_logger

from bridge.call.legs import VoiceLeg, VoiceLost, VoiceService, VoiceUnreachable
from bridge.call.transcript import Transcript
from bridge.flow.callflow import Callflow

log = get_logger(__name__)

GIVE_UP_S = 8.0
"""How long a caller is asked to wait for a session, at the beginning of a call and after a loss."""
RETRY_S = (0.3, 1.0, 2.0)
"""Waits between attempts; the last repeats."""

Session = tuple[VoiceLeg, AsyncExitStack]
"""A connected leg, and what closes it."""


class Sessions:
    """Where a call has its sessions from."""

    def __init__(self, service: VoiceService, flow: Callflow, transcript: Transcript) -> None:
        self._service = service
        self._flow = flow
        self._transcript = transcript

    async def first_to_open(self, note: str = "") -> Session:
        """A session, tried for until it is too late; `note` tells its model what has happened.

        Raises:
            VoiceUnreachable: in vain for eight seconds.
            VoiceRefused: there is no use in trying.
        """
        problem = VoiceUnreachable(f"no session within {GIVE_UP_S:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_UP_S):
                for wait_s in chain(RETRY_S, repeat(RETRY_S[-1])):
                    try:
                        return await self.open(note)
                    except (VoiceUnreachable, VoiceLost) as error:
                        log.warning("voice.not_connected", detail=str(error))
                        problem = VoiceUnreachable(str(error))
                    await asyncio.sleep(wait_s)
        raise problem

    async def open(self, note: str = "") -> Session:
        """A session, tried for once.

        Raises:
            VoiceUnreachable, VoiceRefused, VoiceLost: in vain.
        """
        async with AsyncExitStack() as closing:
            leg = await closing.enter_async_context(self._service.connect(self._flow))
            await self._transcript.tell(leg, note)
            return leg, closing.pop_all()
