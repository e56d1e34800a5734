"""What is remembered outlasts the process where a folder is named for it."""

import asyncio
import gc
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

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


async def test_work_is_done_in_its_order_whatever_becomes_of_who_gave_it(tmp_path: Path) -> None:
    let_go = threading.Event()

    def waits(database: sqlite3.Connection) -> None:
        let_go.wait()
        database.execute("INSERT INTO things VALUES ('first')")

    async with open_ledger(tmp_path) as ledger:
        await ledger.do(lambda db: db.execute(TABLE))
        gives_up = asyncio.create_task(ledger.do(waits))
        await asyncio.sleep(0)
        names = asyncio.create_task(ledger.do(_names))
        await asyncio.sleep(0)
        gives_up.cancel()
        await asyncio.wait([gives_up])
        let_go.set()
        assert await names == ["first"]


def daemons_end() -> None:
    """Wait for threads that were left behind."""
    for thread in threading.enumerate():
        if thread.name == "daemon":
            thread.join()


def test_a_disk_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """On real time, since the lab's clock stands still while a thread works."""
    monkeypatch.setattr("bridge.service.ledger.CLOSE_S", 0.1)
    begun, never = threading.Event(), threading.Event()

    def hangs(database: sqlite3.Connection) -> None:
        begun.set()
        never.wait()
        database.close()

    async def process() -> None:
        async with open_ledger(None) as ledger:
            hanging = asyncio.create_task(ledger.do(hangs))
            await asyncio.to_thread(begun.wait)
        assert not hanging.done()

    with capture_logs() as logs:
        asyncio.run(process())
    never.set()
    daemons_end()
    assert [line["event"] for line in logs] == ["ledger.left_open"]


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
