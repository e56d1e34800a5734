"""Finished calls: figures, no word of what was said, and of a caller's number the last two digits.

They are in the ledger for 90 days, 100,000 calls at most. A disk that refuses costs the row, and a
line in the log; no call and no drain waits for it.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field
from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.record import Record
from bridge.flow.call import Call
from bridge.service.daemon import Backlog
from bridge.service.floor.queries import Name, Number, Query, Time
from bridge.service.floor.rows import (
    MOST_CALLS,
    MOST_IN_MEMORY,
    SEARCH,
    TABLES,
    WAITS,
    in_text,
    insert,
    row_of,
    waits_of,
)
from bridge.service.floor.waits import WaitFigures, WaitRow, wait_figures
from bridge.service.ledger import Ledger

log = get_logger(__name__)

MOST_WAITS = 20_000
"""Of a time in which there were more, the latest are looked at."""


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


class History:
    """The calls that have ended."""

    def __init__(self, ledger: Ledger, has_flight: Callable[[str], bool]) -> None:
        """`has_flight` tells by a call's id whether there is a file of it."""
        self._ledger = ledger
        self._has_flight = has_flight
        self._backlog = Backlog()

    async def open(self) -> None:
        """Make the tables, where there are none."""
        await self._ledger.do(lambda database: database.executescript(TABLES))

    def ended(self, call: Call, record: Record, one: OneCall | None) -> None:
        """A call has ended; returns at once."""
        self._backlog.begin(self._keep(row_of(call, record, one), waits_of(record)))

    async def settle(self) -> None:
        """Wait until all is written, for 10 s at most; a disk that hangs holds nobody up."""
        if count := await self._backlog.settle():
            log.warning("history.cut_short", count=count)

    async def calls(self, search: Search) -> list[Finished]:
        """Those that a search finds, the latest first."""
        given = search.model_dump()
        given |= {"since": in_text(search.since), "until": in_text(search.until)}
        return await self._ledger.do(
            lambda database: [self._finished(row) for row in database.execute(SEARCH, given)]
        )

    async def call(self, call_id: str) -> Finished | None:
        """One call; None where nothing is kept of it."""
        query = "SELECT * FROM calls WHERE id = ?"
        row = await self._ledger.do(lambda database: database.execute(query, [call_id]).fetchone())
        return row and self._finished(row)

    async def waits(
        self,
        since: datetime,
        until: datetime,
        *,
        flow: str | None = None,
        tool: str | None = None,
    ) -> list[WaitFigures]:
        """How callers waited in calls that began then, by flow and by what they waited for."""
        given: dict[str, Any] = {"since": in_text(since), "until": in_text(until)}
        given |= {"flow": flow, "tool": tool, "limit": MOST_WAITS}

        return await self._ledger.do(
            lambda database: wait_figures(WaitRow(**row) for row in database.execute(WAITS, given))
        )

    async def _keep(self, row: dict[str, Any], waits: list[dict[str, Any]]) -> None:
        most = MOST_CALLS if self._ledger.is_kept else MOST_IN_MEMORY
        try:
            await self._ledger.do(lambda database: insert(database, most, row, waits))
        except sqlite3.Error as error:
            log.error("call.not_kept", call_id=row["id"], error=str(error))  # noqa: TRY400

    def _finished(self, row: sqlite3.Row) -> Finished:
        given = dict(row) | {
            "began_at": datetime.fromisoformat(row["began_at"]),
            "figures": orjson.loads(row["figures"]),
        }
        return Finished(**given, has_flight=self._has_flight(row["id"]))
