"""A carrier that does not end the hold: the caller must not be left with the music."""

import asyncio
from typing import Any, cast

import pytest

from bridge import Transfer
from bridge.call.handover import CallerStuck, Handover
from bridge.call.keypad import Keys
from bridge.call.legs import PhoneError, PhoneLeg
from bridge.call.playout import Playout
from bridge.call.uplink import Uplink

ASKED = Transfer("+18005550199", brief="A refund. Press one.", music="hold.wav")


class Carrier:
    """Nobody answers there, and holds end only at the last attempt, if ever."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses
        self.on_hold = False

    async def hold(self, _: str) -> None:
        self.on_hold = True

    async def invite(self, _: Transfer) -> str:
        return "busy"

    async def take_back(self) -> None:
        if self.refuses:
            self.refuses -= 1
            raise PhoneError("ACS answered 500")
        self.on_hold = False


async def consulted(carrier: Carrier) -> str | None:
    phone = cast("PhoneLeg", carrier)
    handover = Handover(phone, cast("Playout", None), Uplink(), Keys({}))

    async def say(_: str) -> Any:
        raise AssertionError("there is nobody to hear it")

    return await handover.consult(ASKED, say)


async def test_a_hold_that_is_not_ended_at_once_is_ended_a_second_later() -> None:
    carrier = Carrier(refuses=1)
    began_s = asyncio.get_running_loop().time()
    assert await consulted(carrier) == "busy"
    assert not carrier.on_hold
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(1)


async def test_a_caller_who_stays_on_hold_ends_the_call() -> None:
    with pytest.raises(CallerStuck, match="500"):
        await consulted(Carrier(refuses=2))
