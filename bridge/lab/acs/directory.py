"""The directory: what happens when a number is rung, and whose telephone rings now."""

import asyncio
from collections import defaultdict
from typing import Generic, TypeVar

from bridge.lab.acs.behaviours import Answers, Behaviour
from bridge.lab.acs.handset import Handset

H = TypeVar("H", bound=Handset)


class Directory(Generic[H]):
    """Everybody who can be rung, by number or raw id; whoever is not listed answers in 3 s."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self._rung: dict[str, asyncio.Queue[H]] = defaultdict(asyncio.Queue)
        self._all_rung: asyncio.Queue[H] = asyncio.Queue()

    def behaviour(self, address: str) -> Behaviour:
        """Return what they do."""
        return self.behaviours.get(address, Answers())

    def ring(self, address: str, handset: H) -> None:
        """Note that somebody's telephone rings."""
        self._rung[address].put_nowait(handset)
        self._all_rung.put_nowait(handset)

    async def rung(self, address: str) -> H:
        """Wait until somebody is rung, once for each time."""
        return await self._rung[address].get()

    async def anybody_rung(self) -> H:
        """Wait until anybody is rung, once for each time; those count apart."""
        return await self._all_rung.get()
