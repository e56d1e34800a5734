"""Replicas without a service around them: what they say of calls, written down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge import Callflow
from bridge.acs.callbacks import Callback
from bridge.call.history import History
from bridge.call.record import Record
from bridge.flow.call import Call
from bridge.service.capacity import Capacity, CapacityLimits
from bridge.service.flows import Flows
from bridge.service.ledger import open_ledger
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.versions import Versions
from bridge.service.replicas.fleet import Fleet
from bridge.service.replicas.joining import joined, open_fleet
from bridge.service.replicas.meeting import Meeting
from bridge.service.replicas.others import Held
from bridge.service.tokens import Tokens

JANE, LINE = "+14255550123", "+18005550100"
SECRET = "one secret for all replicas of it"
SERVICE = "calls.example.com"
CALLS = f"{{interlude:{SERVICE}}}:calls"
"""Where Redis has the calls in progress."""
PLACES = f"{{interlude:{SERVICE}}}:places"
"""Where it has the replicas' own words of where they are."""
NOBODY_LISTENS = 9
"""The port of a replica that is asked in vain whether it lives."""


@dataclass
class Book:
    """What became of calls, as a switchboard is told of it."""

    heard: asyncio.Queue[tuple[Call, list[Callback]]] = field(default_factory=asyncio.Queue)
    gone: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    buried: asyncio.Queue[tuple[Held, Record]] = field(default_factory=asyncio.Queue)

    async def told(
        self, call: Call, callbacks: Sequence[Callback], *, is_forwarded: bool = False
    ) -> None:
        assert is_forwarded
        self.heard.put_nowait((call, list(callbacks)))

    def taken(self, call_id: str) -> None:
        self.gone.put_nowait(call_id)

    async def bury(self, held: Held, record: Record) -> None:
        self.buried.put_nowait((held, record))


@dataclass(frozen=True)
class Replica:
    fleet: Fleet
    book: Book
    capacity: Capacity
    history: History
    lines: Lines


@asynccontextmanager
async def replica(
    url: str,
    *,
    sessions: int = 0,
    secret: str = SECRET,
    file: Path | None = None,
    state: Path | None = None,
) -> AsyncIterator[Replica]:
    """One that has joined the others; `file` is the operators', `state` what it remembers."""
    capacity = Capacity(CapacityLimits(sessions_a_minute=sessions))
    history, book = History(), Book()
    lines = Lines(Flows({"line": Callflow(number=LINE, operators=("greeting",))}), file)
    meeting = Meeting(url, SERVICE, "127.0.0.1", NOBODY_LISTENS)
    async with (
        open_ledger(state) as ledger,
        open_fleet(meeting, Tokens(secret), capacity, history) as fleet,
    ):
        await lines.remember(Versions(ledger))
        assert fleet
        async with joined(fleet, book, history, lines):
            yield Replica(fleet, book, capacity, history, lines)


async def until(condition: Callable[[], bool], within_s: float = 10) -> None:
    """Wait for what nobody announces, in another process or on a real clock."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - whatever sets it knows of no event of ours
            await asyncio.sleep(0.01)


async def until_found(look: Callable[[], Awaitable[object]], within_s: float = 10) -> None:
    """The same for what has to be asked for."""
    async with asyncio.timeout(within_s):
        while not await look():  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)


async def is_up(*replicas: Replica) -> None:
    """Wait until they know that Redis answers."""
    await until(lambda: all(each.fleet.desk.store.is_up for each in replicas))


def call(call_id: str = "a1") -> Call:
    return Call(call_id, JANE, LINE, f"correlation of {call_id}")


def callback(kind: str = "CallConnected", number: int = 1, tone: str = "") -> Callback:
    return Callback(f"event {number}", kind, "c1", 200, 0, tone=tone)
