"""Ending the calls of a lost replica: its media sockets went with it, ACS's calls did not."""

import asyncio
import time
from functools import partial

import aiohttp
from structlog import get_logger

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import Record
from bridge.service.replicas.desk import Desk
from bridge.service.replicas.fleet import Fleet
from bridge.service.replicas.others import Held, Switch
from bridge.service.replicas.store import LOST

log = get_logger(__name__)

_PATIENCE = aiohttp.ClientTimeout(total=1)
"""For a process that is alive to say so."""

_AT_A_TIME = 10
"""Calls that ACS is asked to hang up."""

_END = CallEnd(By.BRIDGE, Reason.REPLICA_LOST, Then.NOTHING)


class Burying:
    """Looks after replicas whose leases have run out."""

    def __init__(
        self, desk: Desk, fleet: Fleet, switch: Switch, session: aiohttp.ClientSession
    ) -> None:
        self._desk = desk
        self._fleet = fleet
        self._switch = switch
        self._session = session
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def look_at(self, lost: list[str]) -> None:
        """See what is with these replicas."""
        for replica in lost:
            if replica not in self._under_way and replica != self._desk.me:
                task = asyncio.create_task(self._look_at(replica))
                self._under_way[replica] = task
                task.add_done_callback(partial(self._done, replica))

    async def stop(self) -> None:
        """Leave the rest to others."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _done(self, replica: str, _: asyncio.Task[None]) -> None:
        del self._under_way[replica]

    async def _look_at(self, replica: str) -> None:
        if await self._lives(replica):
            log.warning("replicas.cut_off", replica=replica)
            return
        try:
            calls = await self._desk.inherit(replica)
        except LOST as error:
            log.warning("redis.down", error=type(error).__name__)
            return
        if calls is None:
            return
        log.warning("replicas.lost", replica=replica, count=len(calls))
        at_a_time = asyncio.Semaphore(_AT_A_TIME)
        await asyncio.gather(*(self._bury(held, since, at_a_time) for held, since in calls))

    async def _bury(self, held: Held, since: int, at_a_time: asyncio.Semaphore) -> None:
        async with at_a_time:
            lasted_ms = max(0, round((time.time() - since) * 1000)) if held.has_media else 0
            await self._switch.bury(held, Record(end=_END, lasted_ms=lasted_ms))
            self._fleet.buried(held)

    async def _lives(self, replica: str) -> bool:
        """Whether it only has lost its way to Redis: then its calls are well."""
        name, _, address = replica.partition("@")
        try:
            async with self._session.get(f"http://{address}/health/live") as response:
                said = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        return isinstance(said, dict) and said.get("replica") == name


def open_session() -> aiohttp.ClientSession:
    """What other replicas are asked over."""
    return aiohttp.ClientSession(timeout=_PATIENCE)
