"""What somebody who watches a call has it do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.call.ends import By, CallEnd, Reason
from bridge.call.keypad import Keys
from bridge.call.timeline import Kind, Timeline
from bridge.flow.outcomes import HangUp, Transfer

MOST_LINES = 3
"""Lines that may wait until nobody speaks."""


class Orders:
    """Taken while the call lasts, and followed by it as what the caller chooses by a key is."""

    def __init__(self, keys: Keys, timeline: Timeline) -> None:
        self._chosen = keys.chosen
        self._timeline = timeline
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[CallEnd] = self._loop.create_future()
        self._lines: list[str] = []
        self._more: asyncio.Future[None] | None = None
        """While the next line is waited for."""
        self.outcome: HangUp | Transfer | None = None
        """What is to be done, and has not failed yet."""
        self.are_followed = False
        """The agent talks with the caller, so that lines are said and outcomes announced."""

    def end(self) -> None:
        """Hang up at once, whatever the call is doing."""
        self._timeline.note(Kind.OPERATOR, "end")
        if not self._end.done():
            self._end.set_result(CallEnd(By.OPERATOR, Reason.HUNG_UP))

    def take(self, outcome: HangUp | Transfer) -> bool:
        """Cut short what is being said, and do this; False where another is to be done before."""
        if self.outcome:
            return False
        self._timeline.note(Kind.OPERATOR, "end" if isinstance(outcome, HangUp) else "transfer")
        self.outcome = outcome
        self._chosen.put_nowait(outcome)
        return True

    def say(self, text: str) -> bool:
        """Say this once nobody speaks; False where too many lines wait."""
        if len(self._lines) >= MOST_LINES:
            return False
        self._timeline.note(Kind.OPERATOR, "say")
        self._lines.append(text)
        if self._more and not self._more.done():
            self._more.set_result(None)
        return True

    async def ended(self) -> CallEnd:
        """Wait for an operator to hang up."""
        return await asyncio.shield(self._end)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Have lines and outcomes followed, until the context ends."""
        self.are_followed = True
        try:
            yield
        finally:
            self.are_followed = False

    async def line(self) -> str:
        """Wait for the next line to be said."""
        while not self._lines:
            self._more = self._loop.create_future()
            await self._more
        return self._lines.pop(0)
