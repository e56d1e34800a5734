"""The calls of the other replicas: asked for once, or followed while somebody watches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

from pydantic import TypeAdapter

from bridge.service.floor.errors import OutOfReach
from bridge.service.floor.news import Board, Changes, followed, merged
from bridge.service.floor.there import ASK, ASK_S, WATCH, There, events
from bridge.service.guards import Operator, Role
from bridge.service.replicas.failing import tell_of_failure
from bridge.service.replicas.neighbours import UNANSWERED, Neighbours

LOOK_S = 0.25
"""How soon a replica that has joined is followed."""
AGAIN_S = 1.0
"""Between two attempts to follow one."""

_MAY_HAVE = "A replica that may have the call does not answer; try again in ten seconds."

_CHANGES = TypeAdapter(Changes)


class Elsewhere:
    """What the neighbours say of their calls."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._followed: dict[Role, Followed] = {}

    async def calls(self, by: Operator) -> tuple[Board, int]:
        """Their calls, and how many of them do not answer within a second."""
        boards = await asyncio.gather(
            *(self._calls_of(name, by) for name in self._neighbours.names)
        )
        return merged(*(board for board in boards if board is not None)), boards.count(None)

    async def holder(self, call_id: str, by: Operator) -> There | None:
        """Who of them has a call; asked of all, since a call may come to another at any time.

        Raises:
            OutOfReach: nobody who answers.
        """
        theres = [There(self._neighbours, name) for name in self._neighbours.names]
        answers = await asyncio.gather(*(there.has(call_id, by) for there in theres))
        for there, has in zip(theres, answers, strict=True):
            if has:
                return there
        if None in answers:
            raise OutOfReach(_MAY_HAVE)
        return None

    @asynccontextmanager
    async def watched(self, role: Role) -> AsyncIterator["Followed"]:
        """Their calls as a role may see them, kept up to date for all who watch."""
        watched = self._followed.get(role)
        if watched is None:
            watched = self._followed[role] = Followed(self._neighbours, role)
        watched.watchers += 1
        try:
            await watched.is_whole.wait()
            yield watched
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._followed[role]
                await watched.stop()

    async def _calls_of(self, name: str, by: Operator) -> Board | None:
        try:
            async with self._neighbours.ask(name, "GET", "/api/v1/calls", by, ASK) as answer:
                answer.raise_for_status()
                changes = _CHANGES.validate_json(await answer.read())
                return followed({}, changes, is_first=True)
        except UNANSWERED:
            return None


class Followed:
    """One stream from each neighbour, for as long as anybody watches."""

    def __init__(self, neighbours: Neighbours, role: Role) -> None:
        self._neighbours = neighbours
        self._by = Operator("another replica", role)
        self._boards: dict[str, Board | None] = {}
        """By neighbour; None for one that does not answer."""
        self._under_way: set[str] = set()
        self.watchers = 0
        self.calls: Board = {}
        self.missing = 0
        """How many do not answer."""
        self.is_whole = asyncio.Event()
        """Set when each has answered, or has had its second."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(tell_of_failure)

    async def stop(self) -> None:
        """Follow nobody any more."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> NoReturn:
        async with asyncio.TaskGroup() as group:
            while True:
                for name in set(self._neighbours.names) - self._under_way:
                    self._under_way.add(name)
                    group.create_task(self._follow(name))
                self._note()
                await asyncio.sleep(LOOK_S)

    async def _follow(self, name: str) -> None:
        """Follow a neighbour until it answers no more, and is none any more."""
        while True:
            if not await self._hears(name) and name not in self._neighbours.names:
                break
            await asyncio.sleep(AGAIN_S)
        self._under_way.remove(name)
        del self._boards[name]
        self._note()

    async def _hears(self, name: str) -> bool:
        """Whether the neighbour has answered; returns when it does no more."""
        is_first, path = True, "/api/v1/calls/events"
        with suppress(*UNANSWERED):
            async with (
                asyncio.timeout(ASK_S) as patience,
                self._neighbours.ask(name, "GET", path, self._by, WATCH) as stream,
            ):
                async for changes in events(stream, _CHANGES):
                    patience.reschedule(None)
                    before = self._boards.get(name) or {}
                    self._boards[name] = followed(before, changes, is_first=is_first)
                    is_first = False
                    self._note()
        if is_first:
            self._boards[name] = None
            self._note()
        return not is_first

    def _note(self) -> None:
        self.calls = merged(*(board for board in self._boards.values() if board is not None))
        self.missing = sum(board is None for board in self._boards.values())
        if self._boards.keys() == self._under_way:
            self.is_whole.set()
