"""What is to be remembered: one SQLite database, on disk where a folder is named for it.

Each part of the service that remembers something has tables of its own in it, and makes them by
`do` when it starts. It may hold personal data: nobody but the user of this process may read it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from structlog import get_logger

from bridge.service.daemon import in_daemon

log = get_logger(__name__)

T = TypeVar("T")

FILE = "interlude.db"
CLOSE_S = 2
"""So long the end of the process waits for the disk once more, after `daemon.SETTLE_S`."""


class LedgerError(Exception):
    """The database cannot be kept where it is to be; the message names the remedy."""


class Ledger:
    """Runs work on the database beside the event loop, in the order in which it was given."""

    def __init__(self, database: sqlite3.Connection, *, is_kept: bool) -> None:
        self.is_kept = is_kept
        """Whether it outlasts the process; if not, little should be put into it."""
        self._database = database
        self._one_at_a_time = asyncio.Lock()

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have work done in a transaction of its own; what it raises undoes it, and is raised.

        It is done to its end, whatever becomes of the caller.
        """

        def whole() -> T:
            with self._database:
                return work(self._database)

        return await asyncio.shield(asyncio.create_task(self._in_turn(whole)))

    async def close(self) -> None:
        """Close it after what was given to do; a disk that hangs leaves it open."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._in_turn(self._database.close)
        except TimeoutError:
            log.warning("ledger.left_open")

    async def _in_turn(self, work: Callable[[], T]) -> T:
        async with self._one_at_a_time:
            return await in_daemon(work)


@asynccontextmanager
async def open_ledger(folder: Path | None) -> AsyncIterator[Ledger]:
    """Open it, in memory without a folder.

    Raises:
        LedgerError: the folder cannot be written, or what is in it is no such database.
    """
    ledger = Ledger(await in_daemon(_opened, folder), is_kept=folder is not None)
    try:
        yield ledger
    finally:
        await ledger.close()


def _opened(folder: Path | None) -> sqlite3.Connection:
    try:
        if folder is None:
            return _connected(":memory:")
        folder.mkdir(0o700, parents=True, exist_ok=True)
        (folder / FILE).touch(0o600)
        return _connected(str(folder / FILE))
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(
            f"INTERLUDE_STATE={folder} cannot be used ({why}): set it to a folder that this user "
            "can write, or mount one; an interlude.db that is damaged has to be moved away."
        ) from error


def _connected(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)  # `Ledger` sees to one at a time
    try:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA journal_mode = WAL")  # who reads from outside holds nobody up
        database.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:  # it is no database
        database.close()
        raise
    return database
