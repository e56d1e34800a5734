"""Work in a thread that the process does not wait for when it ends: a disk may hang for good."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


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
    """Have work done in such a thread; cancelled, it goes on unheard."""
    return await asyncio.get_running_loop().run_in_executor(_DAEMONS, work, *args)
