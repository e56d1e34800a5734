"""The caller's keys: for whoever asks for them, else for what the flow says they do."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bridge.flow.outcomes import HangUp, Transfer

LATE_S = 2.0
"""So soon after an entry was complete, a star or hash is meant to end it."""


class Keys:
    """Takes keys as they are pressed. None is kept, counted by its value, or logged."""

    def __init__(self, keypad: Mapping[str, HangUp | Transfer]) -> None:
        self._keypad = keypad
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Queue[str] | None = None
        self.chosen: asyncio.Queue[HangUp | Transfer] = asyncio.Queue()
        """What the caller chose of the flow's keypad."""
        self._entered_s = -LATE_S
        """Loop time at which keys were last asked for."""
        self.pressed_s = 0.0
        """Loop time of the last key."""

    def press(self, key: str) -> None:
        """Take a key: a digit, `*` or `#`."""
        self.pressed_s = self._loop.time()
        if self._asked is not None:
            self._asked.put_nowait(key)
        elif key in "*#" and self.pressed_s - self._entered_s < LATE_S:
            self._entered_s = -LATE_S  # it ends an entry that was complete without it
        elif outcome := self._keypad.get(key):
            self.chosen.put_nowait(outcome)

    @contextmanager
    def awaited(self) -> Iterator["AwaitedKeys"]:
        """Have keys for oneself, from now on until the context ends; one at a time does."""
        self._asked = asyncio.Queue()
        try:
            yield AwaitedKeys(self._asked)
        finally:
            self._asked, self._entered_s = None, self._loop.time()


class AwaitedKeys:
    """Keys in their order."""

    def __init__(self, keys: asyncio.Queue[str]) -> None:
        self._keys = keys
        self._seen: list[str] = []
        """A key that was waited for and not taken yet."""

    async def next(self, within_s: float) -> str | None:
        """The next key; None if none is pressed in time."""
        try:
            async with asyncio.timeout(within_s):
                await self.first()
        except TimeoutError:
            return None
        return self._seen.pop()

    async def first(self) -> None:
        """Wait until a key is there, and leave it there."""
        if not self._seen:
            self._seen.append(await self._keys.get())
