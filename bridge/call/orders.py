"""What somebody who watches a call has it do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.call.ends import By, CallEnd, Reason
from bridge.call.timeline import Kind, Timeline
from bridge.flow.outcomes import HangUp, Transfer

MOST_LINES = 3
"""Lines that may wait until nobody speaks."""


class Orders:
    """Taken while the call lasts; whoever follows them is part of it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.outcomes: asyncio.Queue[HangUp | Transfer] = asyncio.Queue(1)
        self.lines: asyncio.Queue[str] = asyncio.Queue(MOST_LINES)
        """To be said to the caller."""
        self._end: asyncio.Future[CallEnd] = asyncio.get_running_loop().create_future()
        self.are_followed = False
        """The agent talks with the caller, so that lines are said and outcomes announced."""

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Have lines and outcomes followed, until the context ends."""
        self.are_followed = True
        try:
            yield
        finally:
            self.are_followed = False

    async def ended(self) -> CallEnd:
        """Wait for an operator to hang up at once."""
        return await self._end

    def end(self) -> None:
        """Hang up, whatever the call is doing."""
        self._timeline.note(Kind.OPERATOR, "end")
        if not self._end.done():
            self._end.set_result(CallEnd(By.OPERATOR, Reason.HUNG_UP))

    def take(self, outcome: HangUp | Transfer) -> bool:
        """Cut short what is being said, and do this; False where another is to be done before."""
        if self.outcomes.full():
            return False
        name = "end" if isinstance(outcome, HangUp) else "transfer"
        self._timeline.note(Kind.OPERATOR, name)
        self.outcomes.put_nowait(outcome)
        return True

    def say(self, text: str) -> bool:
        """Say this once nobody speaks; False where too many lines wait."""
        if self.lines.full():
            return False
        self._timeline.note(Kind.OPERATOR, "say")
        self.lines.put_nowait(text)
        return True
