"""The floor of a contact centre: the calls of all replicas, wherever somebody looks."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Protocol

from bridge.service.floor.elsewhere import Elsewhere
from bridge.service.floor.errors import NoSuchCall, TooManyWatchers
from bridge.service.floor.here import LOOK_S, Here
from bridge.service.floor.live import LiveCall, LiveDetail
from bridge.service.floor.news import Board, Changes, merged
from bridge.service.guards import Operator, Role

MOST_WATCHERS = 50
"""At a time, in one process."""


class Holder(Protocol):
    """Who has a call: this process, or another."""

    async def call(self, call_id: str, by: Operator) -> LiveDetail:
        """The call, and what has happened in it."""
        ...

    def changes_of(self, call_id: str, by: Operator) -> AsyncGenerator[LiveDetail]:
        """The call whenever something has changed; ends when it is not there any more."""
        ...

    async def end(self, call_id: str, by: Operator, say: str | None = None) -> None:
        """Hang up."""
        ...

    async def transfer(self, call_id: str, to: str, by: Operator, say: str | None = None) -> None:
        """Connect the caller with a number."""
        ...

    async def say(self, call_id: str, text: str, by: Operator) -> None:
        """Have the line say something."""
        ...


class Floor:
    """The calls here and elsewhere. Whom another replica has let in gets what is here.

    Whatever is done to one call raises `NoSuchCall` where nobody has it, and `OutOfReach` where
    a replica that has it, or may have it, does not answer.
    """

    def __init__(self, here: Here, elsewhere: Elsewhere | None = None) -> None:
        self.here = here
        """The calls of this process alone."""
        self._elsewhere = elsewhere
        self._watchers = 0
        self.closed = asyncio.Event()
        """Set when nobody is to watch any more, as the process stops."""

    @property
    def now(self) -> datetime:
        """By the clock of which all times of calls are; replicas' clocks agree, or nearly so."""
        return self.here.now

    async def calls(self, by: Operator) -> Changes:
        """All calls in progress, the oldest first."""
        others: Board = {}
        missing = 0
        if elsewhere := self._beyond(by):
            others, missing = await elsewhere.calls(by)
        calls = merged(self.here.calls(), others).values()
        return Changes(self.now, _shown(calls, by), missing=missing)

    async def changes(self, by: Operator) -> AsyncGenerator[Changes]:
        """All calls at first, then those that have changed, at most four times a second."""
        elsewhere = self._beyond(by)
        seen: Board | None = None
        known_missing = 0
        async with elsewhere.watched(by.role) if elsewhere else nullcontext() as others:
            while True:
                board, missing = self.here.look(), 0
                if others:
                    board, missing = merged(board, others.calls), others.missing
                before = {} if seen is None else seen
                changed = [call for call in board.values() if before.get(call.id) is not call]
                gone = tuple(call_id for call_id in before if call_id not in board)
                if changed or gone or missing != known_missing or seen is None:
                    yield Changes(self.now, _shown(changed, by), gone, missing)
                seen, known_missing = board, missing
                await asyncio.sleep(LOOK_S)

    @contextmanager
    def watching(self, by: Operator) -> Iterator[None]:
        """Take one of the places of those who watch; another replica counts its own.

        Raises:
            TooManyWatchers: there is none.
        """
        if by.is_sent:
            yield
            return
        if self._watchers >= MOST_WATCHERS:
            raise TooManyWatchers(f"{MOST_WATCHERS} watch already; close one of their pages.")
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    async def call(self, call_id: str, by: Operator) -> LiveDetail:
        """One call, and what has happened in it."""
        return await (await self._holder(call_id, by)).call(call_id, by)

    async def changes_of(self, call_id: str, by: Operator) -> AsyncGenerator[LiveDetail]:
        """One call as it is whenever something has changed; ends with the call.

        What this returns raises `OutOfReach` where the replica that has the call is lost.
        """
        return self._changes_of(await self._holder(call_id, by), call_id, by)

    async def end(self, call_id: str, by: Operator, say: str | None = None) -> None:
        """Hang up: at once, or after the caller has heard `say`.

        Raises:
            NotNow: nobody can say anything now, or the caller is being connected.
        """
        await (await self._holder(call_id, by)).end(call_id, by, say)

    async def transfer(self, call_id: str, to: str, by: Operator, say: str | None = None) -> None:
        """Connect the caller with a number, after they have heard `say`.

        Raises:
            FlowError: `to` is no number that can be called.
            NotNow: it is being transferred already, or the agent does not talk with the caller.
        """
        await (await self._holder(call_id, by)).transfer(call_id, to, by, say)

    async def say(self, call_id: str, text: str, by: Operator) -> None:
        """Have the line say something to the caller, as soon as nobody speaks.

        Raises:
            NotNow: nobody can say anything now, or too many lines wait to be said.
        """
        await (await self._holder(call_id, by)).say(call_id, text, by)

    async def _changes_of(
        self, holder: Holder, call_id: str, by: Operator
    ) -> AsyncGenerator[LiveDetail]:
        with suppress(NoSuchCall):
            while True:
                async with aclosing(holder.changes_of(call_id, by)) as details:
                    async for detail in details:
                        yield detail
                holder = await self._holder(call_id, by)  # its media may have come to another

    async def _holder(self, call_id: str, by: Operator) -> Holder:
        if self.here.has(call_id):
            return self.here
        elsewhere = self._beyond(by)
        if elsewhere and (there := await elsewhere.holder(call_id, by)):
            return there
        raise NoSuchCall

    def _beyond(self, by: Operator) -> Elsewhere | None:
        """Where else to look; nowhere for another replica, which asks everybody itself."""
        return None if by.is_sent else self._elsewhere


def _shown(calls: Iterable[LiveCall], by: Operator) -> tuple[LiveCall, ...]:
    oldest_first = sorted(calls, key=lambda call: call.began_at)
    return tuple(call if by.role >= Role.EDITOR else call.masked() for call in oldest_first)
