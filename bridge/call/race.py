"""All the concurrency machinery of a call."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from structlog import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class _Won(Exception):
    """Carries the result of the first runner to finish."""

    def __init__(self, result: Any) -> None:
        self.result = result


async def race(*runners: Coroutine[Any, Any, T]) -> T:
    """Run all; the first to return decides the result, the first to raise the exception.

    The others are cancelled and have ended when this returns.
    """

    async def run(runner: Coroutine[Any, Any, T]) -> None:
        raise _Won(await runner)

    try:
        async with asyncio.TaskGroup() as group:
            for runner in runners:
                group.create_task(run(runner))
    except BaseExceptionGroup as finish:
        first, *late = finish.exceptions
        for error in late:
            if not isinstance(error, _Won):
                log.warning("runner.failed_late", exc_info=error)
        if isinstance(first, _Won):
            result: T = first.result
            return result
        raise first from None
    raise AssertionError("a race needs runners")
