"""The other replicas of a service, known through Redis."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256

from redis.asyncio.client import Pipeline
from structlog import get_logger

from bridge.acs.callbacks import Callback
from bridge.acs.events import IncomingCall
from bridge.call.history import Key
from bridge.call.pace import MINUTE_S, Rank
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.service.announcements import REMEMBERED_S, Draining
from bridge.service.capacity import QUEUE_S, Capacity, Shortage
from bridge.service.replicas.desk import AT_WORK, Begun, Desk
from bridge.service.replicas.others import Held, Take
from bridge.service.replicas.store import Unavailable

log = get_logger(__name__)

AT_WORK_S = 8
"""So long another replica may take to answer a call; it took 0.2 s at most on real calls. Event
Grid announces it again after 10 s: should the other be lost meanwhile, that is for anybody."""
MOST_ERRANDS = 10_000
"""What waits for Redis to come back; beyond, the oldest goes."""

MOST_AT_ONCE = 500

Errand = Callable[[Pipeline], Awaitable[None] | None]
"""Adds a command to what is sent next; done twice, it does no more than once."""


class AtWork(Draining):
    """Another replica is about to answer the call."""


class Fleet:
    """Answers what calls ask; leaves to a `Keeper` what can be done in the background."""

    def __init__(self, desk: Desk, capacity: Capacity) -> None:
        self.desk = desk
        self._capacity = capacity
        self._held: dict[str, tuple[Held, str]] = {}
        """This replica's calls, and their entries in Redis."""
        self._lines: dict[str, str] = {}
        """The lines in which calls were admitted."""
        self._errands: deque[Errand] = deque(maxlen=MOST_ERRANDS)
        self._begun: deque[tuple[str, float]] = deque(maxlen=MOST_ERRANDS)
        """Sessions that Redis has not heard of: names, and loop times."""
        self._sessions = 0
        self._places: Sequence[str] = ()
        self.neighbours: tuple[str, ...] = ()
        """The other replicas, by names and addresses, as of when Redis last answered."""
        self.stirred = asyncio.Event()
        """Set when there is something to be done at once."""

    @property
    def name(self) -> str:
        """Of this replica, without its address."""
        return self.desk.me.partition("@")[0]

    async def once(self, ring: IncomingCall, take: Take) -> None:
        """Take a ringing call, unless another replica has."""
        key = sha256(f"{ring.server_call_id} {ring.correlation_id}".encode()).hexdigest()
        try:
            was = await self.desk.store.ask(lambda: self.desk.rings_first(key, AT_WORK_S))
        except Unavailable:
            was = None  # should two answer, ACS takes the first
        if was == AT_WORK:
            raise AtWork("another replica is about to answer it")
        if was:
            log.info("incoming.duplicate", correlation_id=ring.correlation_id)
            return
        lasts_s = 0
        try:
            await take(ring)
            lasts_s = REMEMBERED_S
        finally:
            self._send(lambda pipe: self.desk.settles(pipe, key, lasts_s))

    async def admit(self, call: Call, flow: Callflow) -> Shortage | None:
        """What all replicas together lack; nothing, while Redis does not say."""
        self._lines[call.id] = flow.number
        most = self._capacity.pace.most(Rank.FIRST)
        try:
            said = await self.desk.store.ask(
                lambda: self.desk.admit(
                    call.id, flow.number, quota=flow.limits.most_calls, most=most, wait_s=QUEUE_S
                )
            )
        except Unavailable:
            return None
        return Shortage(said) if said else None

    async def claim(self, call: Call, connection_id: str) -> Held | None:
        """Have the media of a call come here; where Redis does not say, it may."""
        try:
            return await self.desk.store.ask(lambda: self.desk.claim(call, connection_id))
        except Unavailable:
            return Held(call, connection_id=connection_id, has_media=True)

    async def address_of(self, call: Call) -> str | None:
        """Where the replica is that has a call."""
        try:
            return await self.desk.store.ask(lambda: self.desk.address_of(call.id))
        except Unavailable:
            return None

    def releases(self, call: Call) -> None:
        """Have a call that was admitted count no more, nor its first session."""
        line = self._lines.pop(call.id, "")
        self._send(lambda pipe: self.desk.releases(pipe, call.id, line))

    def holds(self, held: Held) -> None:
        """Tell of a call, now and with every beat."""
        self._held[held.call.id] = held, self.desk.letters.entry(held)
        self.stirred.set()

    def forgets(self, call: Call) -> None:
        """Tell that a call is over."""
        line = self._lines.pop(call.id, "")
        if held := self._held.pop(call.id, None):
            line = held[0].line or line
        self._send(lambda pipe: self.desk.forgets(pipe, call.id, line))

    def buried(self, held: Held) -> None:
        """A call that was another's is over."""
        self._send(lambda pipe: self.desk.forgets(pipe, held.call.id, held.line))

    def lets_go(self, call_id: str) -> None:
        """Another replica has the call now."""
        self._held.pop(call_id, None)
        self._lines.pop(call_id, None)

    def forward(self, call: Call, callbacks: Sequence[Callback]) -> None:
        """Have the owner of a call find what ACS says about it."""
        if callbacks:
            self._send(lambda pipe: self.desk.posts(pipe, call, callbacks))

    def lasted(self, key: Key, lasted_ms: float) -> None:
        """Tell how long a wait has lasted."""
        self._send(lambda pipe: self.desk.lasted(pipe, key, lasted_ms))

    def publishes(self, stream: str, content: str) -> None:
        """Tell of a version that an operator has published, or of a trial."""
        self._send(lambda pipe: self.desk.publishes(pipe, stream, content))

    def publishes_again(self, stream: str, content: str) -> None:
        """Tell a Redis that has forgotten it."""
        self._send(lambda pipe: self.desk.publishes_again(pipe, stream, content))

    def begins(self, call_id: str) -> None:
        """Tell of a session: the first of a call, counted as it was admitted, or one more."""
        self._sessions += 1
        self._begun.append((call_id or str(self._sessions), _now_s()))
        self.stirred.set()

    # For the keeper.

    def held(self) -> list[tuple[Held, str]]:
        """This replica's calls, with their entries."""
        return list(self._held.values())

    def take_errands(self) -> list[Errand]:
        """What is to be done next, as much as can be sent at once; it is done, or put back."""
        return [self._errands.popleft() for _ in range(min(len(self._errands), MOST_AT_ONCE))]

    def put_back(self, errands: list[Errand], begun: list[tuple[str, float]]) -> None:
        """It was not done: it comes first the next time."""
        room = MOST_ERRANDS - len(self._errands)
        self._errands.extendleft(reversed(errands[-room:] if room else []))
        self._begun.extendleft(reversed(begun))

    def take_begun(self) -> list[tuple[str, float]]:
        """Sessions that are to be told of, of the last minute."""
        begun = [each for each in self._begun if each[1] > _now_s() - MINUTE_S]
        self._begun.clear()
        return begun

    @property
    def has_errands(self) -> bool:
        """Whether there is more to be done."""
        return bool(self._errands)

    def hears_of_sessions(self, ago_ms: Sequence[float]) -> None:
        """How long ago others began theirs."""
        now_s = _now_s()
        self._capacity.pace.elsewhere_s = sorted(now_s - float(ago) / 1000 for ago in ago_ms)

    def hears_of_neighbours(self, places: Sequence[str]) -> None:
        """Which other replicas there are, by their own sealed word."""
        if places != self._places:
            self._places = places
            opened = (self.desk.letters.opened_place(each) for each in places)
            self.neighbours = tuple(place for place in opened if place)

    def _send(self, errand: Errand) -> None:
        self._errands.append(errand)
        self.stirred.set()


def ages(begun: Sequence[tuple[str, float]]) -> list[Begun]:
    """The same sessions, by how long ago they were begun."""
    now_s = _now_s()
    return [(name, round((now_s - at_s) * 1000)) for name, at_s in begun]


def _now_s() -> float:
    return asyncio.get_running_loop().time()
