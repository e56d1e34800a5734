"""What is remembered outlasts the process where a folder is named for it."""

import gc
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.service.ledger import FILE, LedgerError, open_ledger

TABLE = "CREATE TABLE IF NOT EXISTS things (name TEXT UNIQUE)"


def _names(database: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in database.execute("SELECT name FROM things ORDER BY name")]


def _insert(name: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute("INSERT INTO things VALUES (?)", name)


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        async with open_ledger(tmp_path / "state") as ledger:
            await ledger.do(lambda db: db.execute(TABLE))
            await ledger.do(_insert(name))
            names = await ledger.do(_names)
    assert names == ["a", "b"]


async def test_work_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def twice(database: sqlite3.Connection) -> None:
        for _ in range(2):
            database.execute("INSERT INTO things VALUES ('same')")

    async with open_ledger(tmp_path) as ledger:
        await ledger.do(lambda db: db.execute(TABLE))
        with pytest.raises(sqlite3.IntegrityError):
            await ledger.do(twice)
        assert await ledger.do(_names) == []


async def test_without_a_folder_it_is_in_memory() -> None:
    async with open_ledger(None) as ledger:
        await ledger.do(lambda db: db.execute(TABLE))
    async with open_ledger(None) as ledger:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await ledger.do(_names)


async def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "state"):
        assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


async def test_a_place_that_cannot_be_used_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"INTERLUDE_STATE=.*file/state.*set it to a folder"):
        async with open_ledger(tmp_path / "file" / "state"):
            pass


async def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a database, but somebody's notes " * 100)
    with pytest.raises(LedgerError, match="moved away"):
        async with open_ledger(tmp_path):
            pass
    assert (tmp_path / FILE).read_text().startswith("not a database")
    gc.collect()  # from 3.13 on, Python tells here of a database that was left open
