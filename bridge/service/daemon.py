"""Work on a disk, which may hang for good: no call waits for it, and no end of the process."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SETTLE_S = 10
"""How long the process, once it has no more calls, waits for its disk."""


class _Daemons(Executor):
    """A new thread for each piece of work."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Begin it."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # from here on, only who waits for it can be

        def run() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - raised where the result is waited for
                future.set_exception(error)

        Thread(target=run, name="daemon", daemon=True).start()
        return future


_DAEMONS = _Daemons()


async def in_daemon(work: Callable[[*Ts], T], *args: *Ts) -> T:
    """Have work done in a thread that may be left behind; cancelled, it goes on unheard."""
    return await asyncio.get_running_loop().run_in_executor(_DAEMONS, work, *args)


class Backlog:
    """What is still to be written of calls that have ended."""

    def __init__(self) -> None:
        self._left: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Have it done; returns at once."""
        task = asyncio.create_task(work)
        self._left.add(task)
        task.add_done_callback(self._left.discard)

    async def settle(self) -> int:
        """Wait until all is done, for 10 s at most; returns how much was given up."""
        if not self._left:
            return 0
        _, late = await asyncio.wait(self._left, timeout=SETTLE_S)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)
