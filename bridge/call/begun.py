"""Doing at once what seldom has to wait."""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import coroutine
from typing import Any

Work = Coroutine[Any, Any, None]


def begun(work: Work) -> Awaitable[None] | None:
    """Do `work` up to where it has to wait; None where it does not, else the rest, to be awaited.

    A task for it, or waking one, would cost more than most of what is done so.
    """
    try:
        awaited = work.send(None)
    except StopIteration:
        return None
    return _rest(work, awaited)


@coroutine
def _rest(work: Work, awaited: Any) -> Generator[Any, Any, None]:
    resume: Callable[[Any], Any] = work.send
    while True:
        try:
            value = yield awaited
            resume = work.send
        except BaseException as error:  # noqa: BLE001 - what it waited for failed: its own affair
            resume, value = work.throw, error
        try:
            awaited = resume(value)
        except StopIteration:
            return
