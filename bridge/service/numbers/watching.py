"""Seeing changes of call flows and of the operators' file when they are made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from structlog import get_logger
from watchfiles import DefaultFilter, awatch

from bridge.service.numbers.lines import Lines

log = get_logger(__name__)


@asynccontextmanager
async def watching(lines: Lines) -> AsyncIterator[None]:
    """Have `lines` look whenever something has changed on disk; leaving ends it.

    Where nothing can be watched the log says so, and changes wait for `Lines.reload`.
    """
    tasks = [
        asyncio.create_task(_watch(lines, folder, recursive=recursive))
        for folder, recursive in _folders(lines)
    ]
    for task in tasks:
        task.add_done_callback(_tell_if_failed)
    await asyncio.sleep(0)  # each has begun now, and the kernel watches
    await lines.reload()  # for what has changed before
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _tell_if_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("numbers.unwatched", exc_info=error)


def _folders(lines: Lines) -> list[tuple[Path, bool]]:
    """Those of flows whole; of the file, its own only: Kubernetes swaps a link beside it."""
    folders = []
    if lines.current.source:
        folders.append((lines.current.folder, True))
    if lines.file:
        folders.append((lines.file.absolute().parent, False))
    return folders


async def _watch(lines: Lines, folder: Path, *, recursive: bool) -> None:
    async for _ in awatch(folder, recursive=recursive, watch_filter=DefaultFilter()):
        await lines.reload()
