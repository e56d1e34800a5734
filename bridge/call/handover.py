"""Handing a caller over to a colleague who is asked first."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog import get_logger

from bridge.call.keypad import Keys
from bridge.call.legs import LegError, PhoneError, PhoneLeg
from bridge.call.playout import Playout
from bridge.call.uplink import Uplink
from bridge.flow.outcomes import Transfer

log = get_logger(__name__)

Say = Callable[[str], Awaitable[object]]
"""Has a line spoken; returns when all of it is queued."""

ACCEPTS = "1"
"""The key by which a colleague takes a call."""
ASKED = 2
"""So often the colleague hears what the call is about."""
BRIEFED_S = 30.0
"""No brief takes longer."""
DECIDES_S = 6.0
"""How long the colleague may take to press a key, after each time."""


AGAIN_S = 1.0
"""From a hold that could not be ended to the second attempt."""


class CallerStuck(LegError):
    """The caller is on hold for good: the call is to end."""


class Handover:
    """The caller hears music while a colleague is asked; the agent hears neither of them."""

    def __init__(self, phone: PhoneLeg, playout: Playout, uplink: Uplink, keys: Keys) -> None:
        self._phone = phone
        self._playout = playout
        self._uplink = uplink
        self._keys = keys

    async def consult(self, transfer: Transfer, say: Say) -> str | None:
        """Ask the colleague at `to`; None if they and the caller now talk, else why not, in words.

        Whoever answers and presses nothing, as an answering machine, has not taken the call.

        Raises:
            PhoneError: the carrier refused what must go before.
            CallerStuck: it does not end the hold.
        """
        with self._uplink.deaf():
            await self._phone.hold(transfer.music or "")
            try:
                problem = await self._phone.invite(transfer)
                if problem is None and not await self._takes_it(transfer, say):
                    problem = "nobody took the call"
                    await self._phone.dismiss()
            except PhoneError as error:
                problem = str(error)
            await self._taken_back()
        if problem is None:
            await self._phone.leave()
        return problem

    async def _taken_back(self) -> None:
        """End the hold, in two attempts: a caller who stays on it hears nobody any more."""
        try:
            await self._phone.take_back()
        except PhoneError as error:
            log.warning("hold.not_ended", detail=str(error))
            await asyncio.sleep(AGAIN_S)
            try:
                await self._phone.take_back()
            except PhoneError as still:
                raise CallerStuck(str(still)) from still

    async def _takes_it(self, transfer: Transfer, say: Say) -> bool:
        for _ in range(ASKED):
            with self._keys.awaited() as keys:
                try:
                    async with asyncio.timeout(BRIEFED_S):
                        await say(transfer.brief or "")
                        await self._playout.drained()
                except TimeoutError:
                    return False  # there is no speech to say it with
                if key := await keys.next(DECIDES_S):
                    return key == ACCEPTS
        return False
