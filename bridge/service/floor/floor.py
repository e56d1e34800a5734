"""The floor of a contact centre: who is on the line now, and a supervisor's few actions."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bridge.call.common import OneCall
from bridge.flow.outcomes import HangUp, Transfer
from bridge.service.floor.audit import Audit
from bridge.service.floor.doing import WallClock
from bridge.service.floor.live import LiveCall, LiveDetail, live_call, live_detail
from bridge.service.guards import Operator, Role
from bridge.service.register import Answered

LOOK_S = 0.25
"""How often somebody who watches is told what has changed."""
FRESH_S = 0.2
"""So long one look serves all who watch."""
MOST_WATCHERS = 50
"""At a time, in one process."""


class NoSuchCall(Exception):
    """The call is not in progress in this process."""

    def __init__(self) -> None:
        super().__init__("There is no such call in progress here; it may be over.")


class NotNow(Exception):
    """The call cannot do that now; the message says why."""


class TooManyWatchers(Exception):
    """So many streams are open that there may be no more."""


@dataclass(frozen=True)
class Changes:
    """What is new on the floor."""

    now: datetime
    """By the clock of this process: what `since` is to be counted to."""
    calls: tuple[LiveCall, ...]
    """Those that began or changed."""
    gone: tuple[str, ...] = ()
    """The ids of those that ended."""


class Floor:
    """The calls of this process. Readers see numbers and digits masked."""

    def __init__(self, live: Callable[[], list[Answered]], audit: Audit) -> None:
        """`live` tells which calls are in progress."""
        self._live = live
        self._audit = audit
        self._clock = WallClock()
        self._board: dict[str, LiveCall] = {}
        self._looked_s = -LOOK_S
        self._watchers = 0
        self.closed = asyncio.Event()
        """Set when nobody is to watch any more, as the process stops."""

    @property
    def now(self) -> datetime:
        """By the clock of which all times of calls are."""
        return self._clock.at(self._clock.now_s)

    def calls(self, role: Role) -> list[LiveCall]:
        """All calls in progress, the oldest first."""
        return [self._seen(answered, role) for answered in self._live()]

    def call(self, call_id: str, role: Role) -> LiveDetail:
        """One call, and what has happened in it.

        Raises:
            NoSuchCall: it is not in progress here.
        """
        detail = self._detail(self._find(call_id))
        return detail if role >= Role.EDITOR else detail.masked()

    def has(self, call_id: str) -> bool:
        """Whether a call is in progress here."""
        return self._found(call_id) is not None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take one of the places of those who watch.

        Raises:
            TooManyWatchers: there is none.
        """
        if self._watchers >= MOST_WATCHERS:
            raise TooManyWatchers(f"{MOST_WATCHERS} watch already; close one of their pages.")
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    async def changes(self, role: Role) -> AsyncGenerator[Changes]:
        """All calls at first, then those that have changed, at most four times a second."""
        seen: dict[str, LiveCall] | None = None
        while True:
            board = self._look()
            before = {} if seen is None else seen
            changed = [call for call in board.values() if before.get(call.id) is not call]
            gone = tuple(call_id for call_id in before if call_id not in board)
            if changed or gone or seen is None:
                shown = (call if role >= Role.EDITOR else call.masked() for call in changed)
                yield Changes(self.now, tuple(shown), gone)
            seen = board
            await asyncio.sleep(LOOK_S)

    async def changes_of(self, call_id: str, role: Role) -> AsyncGenerator[LiveDetail]:
        """One call as it is whenever something has changed; ends with the call."""
        seen: LiveDetail | None = None
        while answered := self._found(call_id):
            detail = self._detail(answered)
            if detail != seen:
                yield detail if role >= Role.EDITOR else detail.masked()
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

    def _seen(self, answered: Answered, role: Role) -> LiveCall:
        call = live_call(answered, self._clock)
        return call if role >= Role.EDITOR else call.masked()

    def _detail(self, answered: Answered) -> LiveDetail:
        return live_detail(answered, self._seen(answered, Role.EDITOR), self._clock)

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

    def _look(self) -> dict[str, LiveCall]:
        """The calls as they are now, each the same object as long as nothing has changed."""
        now_s = self._clock.now_s
        if now_s - self._looked_s >= FRESH_S:
            self._looked_s = now_s
            before = self._board
            fresh = (self._seen(answered, Role.EDITOR) for answered in self._live())
            self._board = {
                call.id: old if (old := before.get(call.id)) == call else call for call in fresh
            }
        return self._board
