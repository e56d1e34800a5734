"""The calls of this process: who is on the line now, and a supervisor's few actions."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from bridge.call.common import OneCall
from bridge.flow.outcomes import HangUp, Transfer
from bridge.service.floor.audit import Audit
from bridge.service.floor.doing import WallClock
from bridge.service.floor.errors import NoSuchCall, NotNow
from bridge.service.floor.live import LiveCall, LiveDetail, live_call, live_detail
from bridge.service.floor.news import Board
from bridge.service.guards import Operator, Role
from bridge.service.register import Answered

LOOK_S = 0.25
"""How often somebody who watches is told what has changed."""
FRESH_S = 0.2
"""So long one look serves all who watch."""


class Here:
    """The calls of this process: a list of them unmasked, and one as whoever asks may see it."""

    def __init__(self, live: Callable[[], list[Answered]], audit: Audit) -> None:
        """`live` tells which calls are in progress."""
        self._live = live
        self._audit = audit
        self._clock = WallClock()
        self._board: Board = {}
        self._looked_s = -LOOK_S

    @property
    def now(self) -> datetime:
        """By the clock of which all times of calls are."""
        return self._clock.at(self._clock.now_s)

    def calls(self) -> Board:
        """The calls as they are at this moment."""
        return {answered.call.id: self._seen(answered) for answered in self._live()}

    async def call(self, call_id: str, by: Operator) -> LiveDetail:
        """One call, and what has happened in it.

        Raises:
            NoSuchCall: it is not in progress here.
        """
        detail = self._detail(self._find(call_id))
        return detail if by.role >= Role.EDITOR else detail.masked()

    def has(self, call_id: str) -> bool:
        """Whether a call is in progress here."""
        return self._found(call_id) is not None

    def look(self) -> Board:
        """The calls as they are now."""
        now_s = self._clock.now_s
        if now_s - self._looked_s >= FRESH_S:
            self._looked_s = now_s
            before = self._board
            fresh = (self._seen(answered) for answered in self._live())
            self._board = {
                call.id: old if (old := before.get(call.id)) == call else call for call in fresh
            }
        return self._board

    async def changes_of(self, call_id: str, by: Operator) -> AsyncGenerator[LiveDetail]:
        """One call as it is whenever something has changed; ends with the call."""
        seen: LiveDetail | None = None
        while answered := self._found(call_id):
            detail = self._detail(answered)
            if detail != seen:
                yield detail if by.role >= Role.EDITOR else detail.masked()
            seen = detail
            await asyncio.sleep(LOOK_S)

    async def end(self, call_id: str, by: Operator, say: str | None = None) -> None:
        """Hang up: at once, or after the caller has heard `say`.

        Raises:
            NoSuchCall: it is not in progress here.
            NotNow: nobody can say anything now, or the caller is being connected.
        """
        one = self._one(call_id)
        if say:
            self._check_talks(one)
        await self._audit.add(by, "call.end", call_id, say or "")
        if not say:
            one.orders.end()
        elif not one.orders.take(HangUp(say)):
            raise NotNow("The call is about to end already.")

    async def transfer(self, call_id: str, to: str, by: Operator, say: str | None = None) -> None:
        """Connect the caller with a number, after they have heard `say`.

        Raises:
            FlowError: `to` is no number that can be called.
            NoSuchCall: it is not in progress here.
            NotNow: it is being transferred already, or the agent does not talk with the caller.
        """
        transfer = Transfer(to, say=say)
        one = self._one(call_id)
        self._check_talks(one)
        await self._audit.add(by, "call.transfer", call_id, f"{to} {say or ''}".strip())
        if not one.orders.take(transfer):
            raise NotNow("The call is about to be transferred already.")

    async def say(self, call_id: str, text: str, by: Operator) -> None:
        """Have the line say something to the caller, as soon as nobody speaks.

        Raises:
            NoSuchCall: it is not in progress here.
            NotNow: nobody can say anything now, or too many lines wait to be said.
        """
        one = self._one(call_id)
        self._check_talks(one)
        await self._audit.add(by, "call.say", call_id, text)
        if not one.orders.say(text):
            raise NotNow("Lines wait to be said already; let the caller hear them first.")

    def _seen(self, answered: Answered) -> LiveCall:
        return live_call(answered, self._clock)

    def _detail(self, answered: Answered) -> LiveDetail:
        return live_detail(answered, self._seen(answered), self._clock)

    def _found(self, call_id: str) -> Answered | None:
        return next((each for each in self._live() if each.call.id == call_id), None)

    def _find(self, call_id: str) -> Answered:
        if answered := self._found(call_id):
            return answered
        raise NoSuchCall

    def _one(self, call_id: str) -> OneCall:
        one = self._find(call_id).one
        if one is None:
            raise NotNow("The call has no sound yet; try again once it is answered.")
        return one

    def _check_talks(self, one: OneCall) -> None:
        if one.parting.under_way:
            raise NotNow("The caller is being transferred, or hung up on.")
        if not one.orders.are_followed:
            raise NotNow("The agent is not connected with the caller now; wait, or end the call.")
