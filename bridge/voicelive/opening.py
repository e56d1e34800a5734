"""Giving up a connection attempt without leaving half of it behind."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

import aiohttp
from azure.ai.voicelive.aio import ConnectionError as VoiceLiveConnectionError

T = TypeVar("T")


@coroutine
def opened(attempt: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await `attempt`, the SDK's handshake; a cancellation reaches it as a failed connection.

    Cancelled in its handshake, the SDK leaves its client session open for good; on a failure it
    closes it. So the failure goes in, and the cancellation comes out.
    """
    cancelled: asyncio.CancelledError | None = None
    resume: Callable[[Any], Any] = attempt.send
    value: Any = None
    while True:
        try:
            awaited = resume(value)
        except StopIteration as finished:
            connection: T = finished.value
            return connection
        except VoiceLiveConnectionError:
            if cancelled:
                raise cancelled from None
            raise
        try:
            value = yield awaited
            resume = attempt.send
        except asyncio.CancelledError as error:
            cancelled = error
            resume, value = attempt.throw, aiohttp.ClientConnectionError("given up")
        except Exception as error:  # noqa: BLE001 - what it waited for failed: its own affair
            resume, value = attempt.throw, error
