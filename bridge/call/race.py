"""All the concurrency machinery of a call."""

import asyncio
import sys
from collections.abc import Coroutine
from enum import Enum
from typing import Any, NoReturn, TypeVar

from structlog import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class _Won(Exception):
    """Carries the result of the first runner to finish."""

    def __init__(self, result: Any) -> None:
        self.result = result


async def never() -> NoReturn:
    """Wait until cancelled: for a runner that has nothing more to say."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody completes it")


class Undecided(Enum):
    """What a runner returns that is done and decides nothing."""

    UNDECIDED = "undecided"


UNDECIDED = Undecided.UNDECIDED


async def race(*runners: Coroutine[Any, Any, T | Undecided]) -> T:
    """Run all; the first to return decides the result, the first to raise the exception.

    The others are cancelled and have ended when this returns. One that returns `UNDECIDED` is done.
    """

    async def run(runner: Coroutine[Any, Any, T | Undecided]) -> None:
        if (result := await runner) is not UNDECIDED:
            raise _Won(result)

    task = asyncio.current_task()
    cancels = task.cancelling() if task else 0
    try:
        async with asyncio.TaskGroup() as group:
            for runner in runners:
                group.create_task(run(runner))
    except BaseExceptionGroup as finish:
        if sys.version_info < (3, 13) and task and task.cancelling() > cancels:
            task.uncancel()  # older ones leave the group's own way of waking the task counted
        first, *late = finish.exceptions
        for error in late:
            if not isinstance(error, _Won):
                log.warning("runner.failed_late", exc_info=error)
        if isinstance(first, _Won):
            result: T = first.result
            return result
        raise first from None
    raise AssertionError("a race needs a runner that decides")
