"""Wrong keys are answered slowly, however many come at once; right ones never wait."""

import asyncio

from aiohttp import web

PAUSE_S = 1.0
MOST_WAITING = 20


class Brake:
    """Lets those who showed a wrong key go on one after the other, a second apart."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def hold(self) -> None:
        """Wait for a turn.

        Raises:
            HTTPTooManyRequests: too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise web.HTTPTooManyRequests(
                text="Too many have shown a wrong key just now. Try again in a minute.",
                headers={"Retry-After": "60"},
            )
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(PAUSE_S)
        finally:
            self._waiting -= 1
