"""The caller's voice while Voice Live is not ready for it."""

import asyncio

LONGEST_S = 10
_FRAMES = LONGEST_S * 50


class Uplink:
    """A queue of the caller's frames that never grows past ten seconds; then the oldest go."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(_FRAMES)
        self.dropped = 0

    def put(self, frame: bytes) -> None:
        """Queue a frame; never waits."""
        if self._frames.full():
            self._frames.get_nowait()
            self.dropped += 1
        self._frames.put_nowait(frame)

    async def get(self) -> bytes:
        """The next frame."""
        return await self._frames.get()
