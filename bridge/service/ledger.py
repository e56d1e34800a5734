"""What is to be remembered: one SQLite database, on disk where a folder is named for it.

Each part of the service that remembers something has tables of its own in it, and makes them by
`do` when it starts. It may hold personal data: nobody but the user of this process may read it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FILE = "interlude.db"


class LedgerError(Exception):
    """The database cannot be kept where it is to be; the message names the remedy."""


class Ledger:
    """Runs work on the database in one thread, in the order in which it was given."""

    def __init__(
        self, thread: ThreadPoolExecutor, database: sqlite3.Connection, *, is_kept: bool
    ) -> None:
        self.is_kept = is_kept
        """Whether it outlasts the process; if not, little should be put into it."""
        self._thread = thread
        self._database = database

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have work done in a transaction of its own; what it raises undoes it, and is raised.

        Once begun it is done to its end, whatever becomes of the caller.
        """

        def whole() -> T:
            with self._database:
                return work(self._database)

        return await asyncio.get_running_loop().run_in_executor(self._thread, whole)


@asynccontextmanager
async def open_ledger(folder: Path | None) -> AsyncIterator[Ledger]:
    """Open it, in memory without a folder.

    Raises:
        LedgerError: the folder cannot be written, or what is in it is no such database.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="ledger") as thread:
        database = await loop.run_in_executor(thread, _opened, folder)
        try:
            yield Ledger(thread, database, is_kept=folder is not None)
        finally:
            await loop.run_in_executor(thread, database.close)


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
    database = sqlite3.connect(path)
    try:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA journal_mode = WAL")  # who reads from outside holds nobody up
        database.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:  # it is no database
        database.close()
        raise
    return database
