"""Who did what: kept in the ledger, in plain words, for those who have to answer for it."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from structlog import get_logger

from bridge.flow.masking import mask_digits
from bridge.service.guards import Operator, Role
from bridge.service.ledger import Ledger

log = get_logger(__name__)

MOST_ENTRIES = 100_000
"""Kept; the oldest go."""

_TABLE = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    did TEXT NOT NULL,
    about TEXT NOT NULL,
    detail TEXT NOT NULL
)
"""

_SEARCH = """
SELECT * FROM audit WHERE (:who IS NULL OR who = :who) AND (:about IS NULL OR about = :about)
    AND (:before IS NULL OR id < :before)
ORDER BY id DESC LIMIT :limit
"""


@dataclass(frozen=True)
class Entry:
    """One thing that somebody did, or tried to do."""

    id: int
    at: datetime
    who: str
    """The name in their token, or of the key they have shown."""
    role: str
    """`reader` or `editor`."""
    did: str
    """`call.end`, `call.transfer`, `numbers.publish`, …"""
    about: str
    """The id of the call, a number, a version: what it was done to."""
    detail: str
    """More of it, as it was; it may be personal."""

    def masked(self) -> "Entry":
        """The same for those who may not see numbers."""
        return replace(self, detail=mask_digits(self.detail))


class Audit:
    """Entries are added before the deed; none is ever changed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def open(self) -> None:
        """Make its table, where there is none."""
        await self._ledger.do(lambda database: database.execute(_TABLE))

    async def add(self, operator: Operator, did: str, about: str, detail: str = "") -> None:
        """Keep what an operator is about to do; where the disk refuses, the log alone has it."""
        log.info("operator.acts", did=did, about=about)
        row = (datetime.now(UTC).isoformat(), operator.name, _role(operator.role), did, about)

        def insert(database: sqlite3.Connection) -> None:
            database.execute(
                "INSERT INTO audit (at, who, role, did, about, detail) VALUES (?, ?, ?, ?, ?, ?)",
                (*row, detail),
            )
            database.execute(
                "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (MOST_ENTRIES,)
            )

        try:
            await self._ledger.do(insert)
        except sqlite3.Error as error:
            log.error("audit.not_kept", did=did, about=about, error=str(error))  # noqa: TRY400

    async def entries(
        self,
        *,
        who: str | None = None,
        about: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """The latest first: all, of one operator, about one thing, or those before an entry."""
        given = {"who": who, "about": about, "before": before, "limit": limit}
        rows = await self._ledger.do(lambda database: database.execute(_SEARCH, given).fetchall())
        return [Entry(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows]


def _role(role: Role) -> str:
    return role.name.lower()
