"""Handing a caller over to a colleague who is asked first."""

from collections.abc import Awaitable, Callable

from bridge.call.keypad import Keys
from bridge.call.legs import PhoneError, PhoneLeg
from bridge.call.playout import Playout
from bridge.call.uplink import Uplink
from bridge.flow.outcomes import Transfer

Say = Callable[[str], Awaitable[object]]
"""Has a line spoken; returns when all of it is queued."""

ACCEPTS = "1"
"""The key by which a colleague takes a call."""
ASKED = 2
"""So often the colleague hears what the call is about."""
DECIDES_S = 6.0
"""How long the colleague may take to press a key, after each time."""


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
            await self._phone.take_back()
        if problem is None:
            await self._phone.leave()
        return problem

    async def _takes_it(self, transfer: Transfer, say: Say) -> bool:
        for _ in range(ASKED):
            with self._keys.awaited() as keys:
                await say(transfer.brief or "")
                await self._playout.drained()
                if key := await keys.next(DECIDES_S):
                    return key == ACCEPTS
        return False
