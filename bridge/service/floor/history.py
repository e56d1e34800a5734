"""Finished calls: figures, no word of what was said, and of a caller's number the last two digits.

They are in the ledger for 90 days, 100,000 calls at most. A disk that refuses costs the row, and a
line in the log; no call and no drain waits for it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import Field
from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.record import Record
from bridge.flow.call import Call
from bridge.service.floor.queries import Name, Number, Query, Time
from bridge.service.floor.waits import WaitFigures, WaitRow, wait_figures
from bridge.service.ledger import Ledger
from bridge.service.privacy import masked_number

log = get_logger(__name__)

MOST_CALLS, MOST_IN_MEMORY = 100_000, 1_000
"""Kept on disk, and where nothing is kept on disk; the oldest go."""
KEPT = timedelta(days=90)
WEEK = timedelta(days=7)
MOST_WAITS = 50_000
"""Of a time in which there were more, the latest are looked at."""

_TABLES = """
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    flow TEXT NOT NULL,
    dialled TEXT NOT NULL,
    caller TEXT NOT NULL,
    began_at TEXT NOT NULL,
    lasted_ms INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    dead_air_ms INTEGER NOT NULL,
    version INTEGER NOT NULL,
    figures TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_began ON calls (began_at);
CREATE TABLE IF NOT EXISTS waits (
    call INTEGER NOT NULL,
    began_at TEXT NOT NULL,
    flow TEXT NOT NULL,
    tool TEXT NOT NULL,
    lasted_ms INTEGER NOT NULL,
    dead_air_ms INTEGER NOT NULL,
    delayed_ms INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    wasted INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS waits_began ON waits (began_at);
CREATE INDEX IF NOT EXISTS waits_call ON waits (call);
"""

_SEARCH = """
SELECT * FROM calls WHERE (:before IS NULL OR number < :before)
    AND (:text IS NULL OR id = :text OR caller = :text)
    AND (:flow IS NULL OR flow = :flow)
    AND (:by IS NULL OR by = :by) AND (:reason IS NULL OR reason = :reason)
    AND (:since IS NULL OR began_at >= :since) AND (:until IS NULL OR began_at < :until)
    AND dead_air_ms >= :dead_air_ms
    AND (:tool IS NULL OR EXISTS (
        SELECT 1 FROM json_each(figures, '$.tools') WHERE json_extract(value, '$.name') = :tool
    ))
ORDER BY number DESC LIMIT :limit
"""

_WAITS = """
SELECT flow, tool, lasted_ms, dead_air_ms, delayed_ms, lines, wasted FROM waits
WHERE began_at >= :since AND began_at < :until
    AND (:flow IS NULL OR flow = :flow) AND (:tool IS NULL OR tool = :tool)
ORDER BY began_at DESC LIMIT :limit
"""


@dataclass(frozen=True)
class Finished:
    """A call that has ended."""

    number: int
    """Counts calls; to go on from in a search."""
    id: str
    flow: str
    dialled: str
    caller: str
    """Masked: `…42`."""
    began_at: datetime
    """When the media opened; where it never did, when the call ended."""
    lasted_ms: int
    by: str
    reason: str
    dead_air_ms: int
    """The longest silence that the caller, waiting, has heard."""
    version: int
    """Of the operators' file; empty without one."""
    figures: dict[str, Any] = field(repr=False)
    """What the call left in the log."""
    has_flight: bool = False
    """Whether what was said, and when, is kept in `INTERLUDE_FLIGHTS`."""


class Search(Query):
    """Which calls to find; what is not given is not asked for."""

    text: Name | None = None
    """A call's id, or a masked number."""
    flow: Name | None = None
    """The name of its flow."""
    by: Name | None = None
    """Who ended it."""
    reason: Name | None = None
    """Why it ended."""
    tool: Name | None = None
    """A tool that was at work in it."""
    since: Time | None = None
    """It began then or later."""
    until: Time | None = None
    """It began earlier."""
    dead_air_ms: Number = 0
    """Its longest silence was at least so long."""
    before: Number | None = None
    """It has a smaller number: to go on from the last of an answer."""
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    """So many at most."""


class WaitSearch(Query):
    """Which waits to look at."""

    since: Time | None = None
    """Of calls that began then or later; without it, in the last seven days."""
    until: Time | None = None
    """Of calls that began earlier."""
    flow: Name | None = None
    """Of one flow."""
    tool: Name | None = None
    """For one tool."""


class History:
    """The calls that have ended."""

    def __init__(self, ledger: Ledger, has_flight: Callable[[str], bool]) -> None:
        """`has_flight` tells by a call's id whether there is a file of it."""
        self._ledger = ledger
        self._has_flight = has_flight
        self._writing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make the tables, where there are none."""
        await self._ledger.do(lambda database: database.executescript(_TABLES))

    def ended(self, call: Call, record: Record, one: OneCall | None) -> None:
        """A call has ended; returns at once."""
        task = asyncio.create_task(self._keep(_row(call, record, one), _waits(record)))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def settle(self) -> None:
        """Wait until all is written."""
        if self._writing:
            await asyncio.wait(self._writing)

    async def calls(self, search: Search) -> list[Finished]:
        """Those that a search finds, the latest first."""
        given = search.model_dump()
        given |= {"since": _text(search.since), "until": _text(search.until)}
        rows = await self._ledger.do(lambda database: database.execute(_SEARCH, given).fetchall())
        return [self._finished(row) for row in rows]

    async def call(self, call_id: str) -> Finished | None:
        """One call; None where nothing is kept of it."""
        return next(iter(await self.calls(Search(text=call_id, limit=1))), None)

    async def waits(self, search: WaitSearch) -> list[WaitFigures]:
        """How callers waited, by flow and by what they waited for."""
        until = search.until or datetime.now(UTC)
        given = search.model_dump() | {
            "since": _text(search.since or until - WEEK),
            "until": _text(until),
            "limit": MOST_WAITS,
        }

        def read(database: sqlite3.Connection) -> list[WaitRow]:
            return [WaitRow(**row) for row in database.execute(_WAITS, given)]

        return wait_figures(await self._ledger.do(read))

    async def _keep(self, row: dict[str, Any], waits: list[dict[str, Any]]) -> None:
        most = MOST_CALLS if self._ledger.is_kept else MOST_IN_MEMORY

        def insert(database: sqlite3.Connection) -> None:
            number = _insert(database, "calls", row)
            for wait in waits:
                more = {"call": number, "began_at": row["began_at"], "flow": row["flow"]}
                _insert(database, "waits", wait | more)
            _forget_old(database, most)

        try:
            await self._ledger.do(insert)
        except sqlite3.Error as error:
            log.error("call.not_kept", call_id=row["id"], error=str(error))  # noqa: TRY400

    def _finished(self, row: sqlite3.Row) -> Finished:
        given = dict(row) | {
            "began_at": datetime.fromisoformat(row["began_at"]),
            "figures": orjson.loads(row["figures"]),
        }
        return Finished(**given, has_flight=self._has_flight(row["id"]))


def _row(call: Call, record: Record, one: OneCall | None) -> dict[str, Any]:
    end = record.end
    return {
        "id": call.id,
        "flow": record.flow,
        "dialled": call.dialled,
        "caller": masked_number(call.caller),
        "began_at": _text(datetime.now(UTC) - timedelta(milliseconds=record.lasted_ms)),
        "lasted_ms": record.lasted_ms,
        "by": end.by if end else "",
        "reason": end.reason if end else "",
        "dead_air_ms": one.timeline.dead_air_ms if one else 0,
        "version": record.version,
        "figures": orjson.dumps(record).decode(),
    }


def _waits(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "tool": ", ".join(wait.tools),
            "lasted_ms": wait.lasted_ms,
            "dead_air_ms": wait.dead_air_ms,
            "delayed_ms": wait.delayed_ms,
            "lines": wait.lines,
            "wasted": wait.wasted,
        }
        for wait in record.waits
    ]


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    done = database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
    return int(done.lastrowid or 0)


def _forget_old(database: sqlite3.Connection, most: int) -> None:
    database.execute(
        "DELETE FROM calls WHERE began_at < ? OR number <= (SELECT max(number) FROM calls) - ?",
        (_text(datetime.now(UTC) - KEPT), most),
    )
    database.execute("DELETE FROM waits WHERE call < (SELECT min(number) FROM calls)")


def _text(at: datetime | None) -> str | None:
    """All in one zone and of one length, so that they are in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None
