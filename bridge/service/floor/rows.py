"""Rows of finished calls in the ledger: made, searched, and forgotten when they are old."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bridge.call.common import OneCall
from bridge.call.record import Record
from bridge.flow.call import Call
from bridge.service.privacy import masked_number

MOST_CALLS, MOST_IN_MEMORY = 100_000, 1_000
"""Kept on disk, and where nothing is kept on disk; the oldest go."""
KEPT = timedelta(days=90)
"""No call longer than that."""

TABLES = """
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

SEARCH = """
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

WAITS = """
SELECT flow, tool, lasted_ms, dead_air_ms, delayed_ms, lines, wasted FROM waits
WHERE began_at >= :since AND began_at < :until
    AND (:flow IS NULL OR flow = :flow) AND (:tool IS NULL OR tool = :tool)
ORDER BY began_at DESC LIMIT :limit
"""


def row_of(call: Call, record: Record, one: OneCall | None) -> dict[str, Any]:
    """What is kept of a call."""
    end = record.end
    return {
        "id": call.id,
        "flow": record.flow,
        "dialled": call.dialled,
        "caller": masked_number(call.caller),
        "began_at": in_text(datetime.now(UTC) - timedelta(milliseconds=record.lasted_ms)),
        "lasted_ms": record.lasted_ms,
        "by": end.by if end else "",
        "reason": end.reason if end else "",
        "dead_air_ms": one.timeline.dead_air_ms if one else 0,
        "version": record.version,
        "figures": orjson.dumps(record).decode(),
    }


def waits_of(record: Record) -> list[dict[str, Any]]:
    """What is kept of its waits."""
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


def insert(
    database: sqlite3.Connection, most: int, row: dict[str, Any], waits: list[dict[str, Any]]
) -> None:
    """Keep a call and its waits, and forget what is too old, or more than the most calls."""
    number = _insert(database, "calls", row)
    for wait in waits:
        more = {"call": number, "began_at": row["began_at"], "flow": row["flow"]}
        _insert(database, "waits", wait | more)
    _forget_old(database, most)


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    """Table and columns are named by this file alone; all that comes from outside is bound."""
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    done = database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
    return int(done.lastrowid or 0)


def _forget_old(database: sqlite3.Connection, most: int) -> None:
    database.execute(
        "DELETE FROM calls WHERE began_at < ? OR number <= (SELECT max(number) FROM calls) - ?",
        (in_text(datetime.now(UTC) - KEPT), most),
    )
    database.execute("DELETE FROM waits WHERE call < (SELECT min(number) FROM calls)")


def in_text(at: datetime | None) -> str | None:
    """All in one zone and of one length, so that they are in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None
