"""How many sessions may be begun: no more within any minute than the speech service allows."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import IntEnum
from heapq import heappop, heappush, merge
from itertools import count
from math import inf

from bridge.call.breaker import Breaker
from bridge.call.legs import VoiceLeg, VoiceService
from bridge.flow.callflow import Callflow

MINUTE_S = 60.0


class Rank(IntEnum):
    """What a session is for; who comes first has the lower rank."""

    AGAIN = 0
    """In place of another, in a call in progress: all sessions of a minute are for these."""
    FIRST = 1
    """The first of a call: leaves a fifth of them to the others."""
    PROMPT = 2
    """For rendering prompts, which nobody waits for: begins in the first fifth only."""


class Pace:
    """A window of a minute that slides, and the line of those who wait for their turn in it.

    What counts is the attempt, whatever becomes of it. Nobody is turned away here: who waits for a
    session knows for how long. A call that is let in has its first session booked, so that the next
    call is told what this one will take.
    """

    def __init__(self, a_minute: int) -> None:
        """Allow so many sessions a minute; any number with 0."""
        self._a_minute = a_minute
        self._begun_s: deque[float] = deque()
        """When those of the last minute were begun here."""
        self.elsewhere_s: Sequence[float] = ()
        """When other processes began theirs, the earliest first, as far as is known."""
        self.begun: Callable[[str], None] = lambda _: None
        """Told of each session that is begun: of the call that it is the first of, if any."""
        self._line: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._booked = 0
        """Calls that were let in and have not begun their first session."""

    @property
    def a_minute(self) -> int:
        """How many may be begun within a minute; 0 is any number. Takes effect at once."""
        return self._a_minute

    @a_minute.setter
    def a_minute(self, number: int) -> None:
        self._a_minute = number
        self._serve()

    def book(self) -> None:
        """Count on one more call to begin its first session."""
        self._booked += 1

    def unbook(self) -> None:
        """One of them has begun it, or will not."""
        self._booked -= 1
        self._serve()

    def free(self) -> float:
        """How many more calls could begin their first session at once; may be infinite."""
        return max(0, self._limit(Rank.FIRST) - len(self._of_last_minute()) - self._ahead)

    def wait_s(self) -> float:
        """How long one more call would wait for its first session, as far as is known now."""
        return max(0.0, self._opens_s(Rank.FIRST, self._ahead) - _now_s())

    async def turn(self, rank: Rank, call_id: str = "") -> None:
        """Wait until a session of this rank may begin; it counts from then on.

        `call_id` names the call that it is the first of.
        """
        turn = asyncio.get_running_loop().create_future()
        heappush(self._line, (rank, next(self._numbers), turn))
        self._serve()
        await turn
        self.begun(call_id)

    @property
    def _ahead(self) -> int:
        again = (rank is Rank.AGAIN and not turn.done() for rank, _, turn in self._line)
        return self._booked + sum(again)

    def most(self, rank: Rank) -> int | None:
        """So many there may be within a minute with one of this rank, at least 1; None is any."""
        if not self._a_minute:
            return None
        fifth = self._a_minute // 5
        most = {
            Rank.AGAIN: self._a_minute,
            Rank.FIRST: self._a_minute - fifth,
            Rank.PROMPT: max(1, fifth),
        }
        return most[rank]

    def _limit(self, rank: Rank) -> float:
        most = self.most(rank)
        return inf if most is None else most

    def _opens_s(self, rank: Rank, ahead: int) -> float:
        """Loop time from which a session may begin behind some that are to come; -inf is now."""
        begun_s = self._of_last_minute()
        over = len(begun_s) + ahead - self._limit(rank)
        if over < 0:
            return -inf
        return begun_s[int(over)] + MINUTE_S if over < len(begun_s) else inf

    def _of_last_minute(self) -> list[float]:
        """When sessions were begun that count, anywhere; what is older is forgotten."""
        since_s = _now_s() - MINUTE_S
        while self._begun_s and self._begun_s[0] <= since_s:
            self._begun_s.popleft()
        elsewhere_s = (at_s for at_s in self.elsewhere_s if at_s > since_s)
        return list(merge(self._begun_s, elsewhere_s))

    def _serve(self) -> None:
        """Let begin who may. Where the first in line may not, nobody may: ranks only allow less."""
        if self._timer:
            self._timer.cancel()
        while self._line:
            rank, _, turn = self._line[0]
            if not turn.done():
                opens_s = self._opens_s(rank, self._ahead if rank is Rank.PROMPT else 0)
                if opens_s > _now_s():
                    self._wake_at(opens_s)
                    return
                self._begun_s.append(_now_s())
                turn.set_result(None)
            heappop(self._line)

    def _wake_at(self, opens_s: float) -> None:
        if opens_s < inf:  # else a booking stands in the way, and its end wakes
            self._timer = asyncio.get_running_loop().call_at(opens_s, self._serve)


class SessionsOfCall:
    """Where one call has its sessions from, as a `VoiceService`."""

    def __init__(self, pace: Pace, breaker: Breaker, *, is_booked: bool, call_id: str = "") -> None:
        self._pace = pace
        self._call_id = call_id if is_booked else ""
        self._breaker = breaker
        self._rank = Rank.FIRST
        self._is_booked = is_booked
        if is_booked:
            pace.book()

    def release(self) -> None:
        """The call needs its booking no more."""
        if self._is_booked:
            self._is_booked = False
            self._pace.unbook()

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLeg]:
        """Wait for a turn, then connect as the breaker does."""
        if not self._breaker.is_shut:  # else nothing is tried, and nothing counts
            await self._pace.turn(self._rank, self._call_id)
            self._call_id = ""
            self.release()
        async with self._breaker.connect(flow) as leg:
            self._rank = Rank.AGAIN
            yield leg


class PromptSessions:
    """Where prompts are rendered, as a `VoiceService`: calls come first."""

    def __init__(self, pace: Pace, service: VoiceService) -> None:
        self._pace = pace
        self._service = service

    @asynccontextmanager
    async def connect(self, flow: Callflow) -> AsyncIterator[VoiceLeg]:
        """Wait until calls leave a session over, then connect as the service does."""
        await self._pace.turn(Rank.PROMPT)
        async with self._service.connect(flow) as leg:
            yield leg


def _now_s() -> float:
    return asyncio.get_running_loop().time()
