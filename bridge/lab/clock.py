"""Time that passes only while nothing is left to do: calls of minutes in seconds, and no races.

Everything that waits on the loop (sleeps, timeouts, the pacing of audio) sees this clock. Sockets
and threads are real: while a socket has something to say, or a thread still works, time stands
still. Both ends of every socket must live on this loop; the clock does not wait for anyone else.
"""

import asyncio
import os
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

_LOOKS = 3
"""So often the kernel may deliver what is on its way before a moment counts as quiet."""

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Waits for sockets for no time at all, and moves the clock by what it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.threads_at_work:
            return super().select(None)
        for _ in range(_LOOKS):
            os.sched_yield()
            if ready := super().select(0):
                return ready
        self.now_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop on which waiting takes no time; use it as `loop_factory`."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, by its own clock."""
        return self._jumping.now_s

    def blocks(self, seconds: float) -> None:
        """Let time pass in which nothing else runs, as code does that never awaits."""
        self._jumping.now_s += seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run in a thread, with the clock stopped until it returns."""
        self._jumping.threads_at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio's own signature
    ) -> None:
        """Wait for threads, with the clock stopped and so without a limit."""
        del timeout
        self._jumping.threads_at_work += 1
        await super().shutdown_default_executor()

    def _thread_done(self, _: asyncio.Future[T]) -> None:
        self._jumping.threads_at_work -= 1
