"""What a replica does in the background: renew its lease, run errands, read its mail."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from structlog import get_logger

from bridge.call.history import Key
from bridge.call.legs import PhoneError
from bridge.service.replicas.burying import Burying
from bridge.service.replicas.desk import LEASE_MS, Desk
from bridge.service.replicas.fleet import Fleet, ages
from bridge.service.replicas.others import Switch
from bridge.service.replicas.publishing import Publishing
from bridge.service.replicas.store import LOST, PATIENCE_S, Pauses
from bridge.service.tokens import BadToken

log = get_logger(__name__)

BEAT_S = 2.0
"""Between two renewals: four of a lease."""
_READ_S = 1.0
"""So long Redis holds a question for mail open."""

Learn = Callable[[Key, float], None]
"""Takes how long a wait has lasted on another replica."""


class Keeper:
    """Keeps Redis and one process up to date about each other."""

    def __init__(
        self,
        desk: Desk,
        fleet: Fleet,
        burying: Burying,
        switch: Switch,
        learn: Learn,
        publishing: Publishing,
    ) -> None:
        self._desk = desk
        self._fleet = fleet
        self._burying = burying
        self._switch = switch
        self._learn = learn
        self._publishing = publishing
        self._doubted: set[str] = set()
        """Calls that others have; the message that says so is on its way, or lost."""
        self._seen = dict.fromkeys((desk.mailbox, desk.waits, desk.versions, desk.trials), "0")
        """The last message read of each stream."""

    async def beat(self) -> NoReturn:
        """Renew the lease, and do at once what is to be done at once."""
        loop, pauses = asyncio.get_running_loop(), Pauses(BEAT_S)  # well within a lease
        up_since_s = loop.time()
        while True:
            self._fleet.stirred.clear()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    lost = await self.turn()
            except LOST as error:
                self._desk.store.seems(error)
                await asyncio.sleep(pauses.next_s())
                up_since_s = loop.time()
                continue
            pauses.over()
            self._desk.store.seems(None)
            # After an outage of Redis every lease has run out, and its holders need time to say
            # that they are there.
            if loop.time() - up_since_s > LEASE_MS / 1000:
                self._burying.look_at(lost)
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._fleet.has_errands else BEAT_S):
                    await self._fleet.stirred.wait()

    async def turn(self) -> list[str]:
        """Send what there is to send, in one go; returns whose leases have run out."""
        fleet, desk = self._fleet, self._desk
        errands, begun = fleet.take_errands(), fleet.take_begun()
        try:
            async with desk.store.redis.pipeline(transaction=False) as pipe:
                await desk.keeps(pipe, fleet.held(), ages(begun))
                for errand in errands:
                    if doing := errand(pipe):
                        await doing
                desk.looks_for_versions(pipe)
                (taken, elsewhere, lost, neighbours), *_, versions, trials = await pipe.execute()
        except BaseException:
            fleet.put_back(errands, begun)
            raise
        fleet.hears_of_sessions(elsewhere)
        fleet.hears_of_neighbours(neighbours)
        self._publishing.repeat({desk.versions: versions, desk.trials: trials})
        for call_id in self._doubted.intersection(taken):
            self._lets_go(call_id)
        self._doubted = set(taken)
        return list(lost)

    async def read(self) -> NoReturn:
        """Read mail, and what waits have lasted elsewhere, as it comes."""
        pauses = Pauses(BEAT_S)
        while True:
            try:
                streams = await self._desk.read(self._seen, int(_READ_S * 1000))
            except LOST:
                await asyncio.sleep(pauses.next_s())
                continue
            pauses.over()
            for stream, messages in streams:
                self._seen[stream] = messages[-1][0]
                only_the_last = stream in (self._desk.versions, self._desk.trials)
                for _, message in messages[-1:] if only_the_last else messages:
                    await self._take(stream, message)

    async def _take(self, stream: str, message: Mapping[str, str]) -> None:
        match message:
            case {"taken": call_id}:
                self._lets_go(call_id)
            case {"callbacks": sealed}:
                await self._hear(sealed)
            case {"version": sealed}:
                await self._publishing.hear(stream, sealed)
            case {"by": by, "line": line, "tool": tool, "ms": lasted_ms} if by != self._desk.me:
                self._learn((line, tool), float(lasted_ms))

    async def _hear(self, sealed: str) -> None:
        try:
            call, callbacks = self._desk.letters.opened_post(sealed)
        except BadToken:
            log.warning("replicas.unreadable")
            return
        try:
            await self._switch.told(call, callbacks, is_forwarded=True)
        except PhoneError as error:
            log.warning("hang_up.refused", call_id=call.id, detail=str(error))

    def _lets_go(self, call_id: str) -> None:
        self._fleet.lets_go(call_id)
        self._switch.taken(call_id)
