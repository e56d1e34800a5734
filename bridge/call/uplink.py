"""The caller's voice while Voice Live is not ready for it."""

import asyncio
from collections import deque

from bridge.audio.pcm import FRAME_MS, level_dbfs

LONGEST_S = 10
AT_ONCE_MS = 500
"""Most that is passed on in one piece; ten seconds that waited are twenty messages and not 500."""
SILENT_DBFS = -60
"""Level (root mean square) of a frame without words; soft speech is 15 dB above, digital silence
has none. Not measured on ACS."""

_FRAMES = LONGEST_S * 1000 // FRAME_MS
_AT_ONCE = AT_ONCE_MS // FRAME_MS


class Uplink:
    """A queue of the caller's frames that never grows past ten seconds.

    Then the oldest silent frame goes, and the oldest of all only where none is silent: a question
    outlives the silence in which its answer was awaited.
    """

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._with_words = 0
        """So many of the oldest were measured and are not silent: none is measured twice."""
        self._awaited: asyncio.Future[None] | None = None
        self.dropped = 0

    def put(self, frame: bytes) -> None:
        """Queue a frame; never waits."""
        self._frames.append(frame)
        if len(self._frames) > _FRAMES:
            self._drop()
        if self._awaited and not self._awaited.done():
            self._awaited.set_result(None)

    async def get(self) -> list[bytes]:
        """The frames that wait, in their order: at least one, at most half a second."""
        while not self._frames:
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
        taken = min(len(self._frames), _AT_ONCE)
        self._with_words = max(0, self._with_words - taken)
        return [self._frames.popleft() for _ in range(taken)]

    def _drop(self) -> None:
        self.dropped += 1
        for at in range(self._with_words, len(self._frames)):
            if level_dbfs(self._frames[at]) < SILENT_DBFS:
                self._with_words = at
                del self._frames[at]
                return
        self._frames.popleft()
        self._with_words = len(self._frames)
