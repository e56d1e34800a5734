"""Every version of the operators' file: who made it, when, and what it said."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.service.ledger import Ledger

_TABLES = (
    """CREATE TABLE IF NOT EXISTS versions (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
        text TEXT NOT NULL, code TEXT NOT NULL, has_served INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS trial (
        only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL, percent INTEGER NOT NULL
        )""",
)
_ADD = """
    INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number) DO UPDATE SET at = excluded.at, by = excluded.by, note = excluded.note,
        text = excluded.text, code = excluded.code,
        has_served = excluded.has_served OR (has_served AND text = excluded.text)
    RETURNING number"""
_NEWEST = "SELECT number, at, by, note, code FROM versions ORDER BY number DESC LIMIT ?"


class NoVersion(Exception):
    """No version has this number."""


@dataclass(frozen=True)
class VersionLine:
    """What is known of a version beside its text."""

    number: int
    """From 1."""
    at: datetime
    by: str
    """An operator's name; `file` for what was found on disk, `flows` where call flows changed."""
    note: str
    code: str
    """Stands for the call flows that it was made for: alike if they are."""


class Versions:
    """The versions in the ledger, those on trial among them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def open(self) -> None:
        """Make the tables, if they are not there."""

        def make(database: sqlite3.Connection) -> None:
            for table in _TABLES:
                database.execute(table)

        await self._ledger.do(make)

    async def add(
        self, text: str, *, by: str, note: str, code: str, has_served: bool, number: int | None
    ) -> VersionLine:
        """Remember a version, under the next number if it has none yet."""
        at = datetime.now(UTC)

        def insert(database: sqlite3.Connection) -> int:
            values = (number, at.isoformat(), by, note, text, code, has_served)
            row = database.execute(_ADD, values).fetchone()
            return int(row["number"])

        return VersionLine(await self._ledger.do(insert), at, by, note, code)

    async def last(self) -> tuple[VersionLine, str] | None:
        """The version that served last, with its text; None before the first."""

        def look(database: sqlite3.Connection) -> sqlite3.Row | None:
            query = "SELECT * FROM versions WHERE has_served ORDER BY number DESC LIMIT 1"
            row: sqlite3.Row | None = database.execute(query).fetchone()
            return row

        row = await self._ledger.do(look)
        return (_line(row), row["text"]) if row else None

    async def lines(self, limit: int) -> list[VersionLine]:
        """The newest versions, the newest first."""

        def look(database: sqlite3.Connection) -> list[sqlite3.Row]:
            return database.execute(_NEWEST, (limit,)).fetchall()

        return [_line(row) for row in await self._ledger.do(look)]

    async def get(self, number: int) -> tuple[VersionLine, str]:
        """One version, with its text.

        Raises:
            NoVersion: there is none of this number.
        """

        def look(database: sqlite3.Connection) -> sqlite3.Row | None:
            query = "SELECT * FROM versions WHERE number = ?"
            row: sqlite3.Row | None = database.execute(query, (number,)).fetchone()
            return row

        row = await self._ledger.do(look)
        if not row:
            raise NoVersion(f"There is no version {number}.")
        return _line(row), row["text"]

    async def keep_trial(self, trial: tuple[int, int] | None) -> None:
        """Remember number and percent of the trial, or that there is none."""

        def keep(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM trial")
            if trial:
                database.execute("INSERT INTO trial VALUES (1, ?, ?)", trial)

        await self._ledger.do(keep)

    async def trial(self) -> tuple[int, int] | None:
        """Number and percent of the trial that went on when the process ended."""

        def look(database: sqlite3.Connection) -> sqlite3.Row | None:
            row: sqlite3.Row | None = database.execute("SELECT * FROM trial").fetchone()
            return row

        row = await self._ledger.do(look)
        return (row["number"], row["percent"]) if row else None


def _line(row: sqlite3.Row) -> VersionLine:
    return VersionLine(
        row["number"], datetime.fromisoformat(row["at"]), row["by"], row["note"], row["code"]
    )
