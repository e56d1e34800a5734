"""The caller's voice while Voice Live is not ready for it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from bridge.audio.pcm import FRAME_MS, level_dbfs
from bridge.call.begun import Work, begun

LONGEST_S = 10
AT_ONCE_MS = 500
"""Most that is passed on in one piece; ten seconds that waited are twenty messages and not 500."""
SILENT_DBFS = -60
"""Level (root mean square) of a frame without words; soft speech is 15 dB above, digital silence
has none. Not measured on ACS."""

TONE_S = 0.3
"""So long a tone may still sound after its key was reported."""
ONSET_MS = 300
"""By so much the news that the caller speaks may lag behind their first sound."""

_FRAMES = LONGEST_S * 1000 // FRAME_MS
_AT_ONCE = AT_ONCE_MS // FRAME_MS
_ONSET = ONSET_MS // FRAME_MS


class Uplink:
    """A queue of the caller's frames that never grows past ten seconds, and the way around it.

    When it is full, the oldest silent frame goes, and the oldest of all only where none is silent:
    a question outlives the silence in which its answer was awaited.

    What was passed on and not understood yet is kept, up to ten seconds of it: should the session
    be lost, the next one hears it from the beginning.
    """

    def __init__(self, overhear: Callable[[bytes], None] | None = None) -> None:
        """`overhear` is given each frame that came, as it is passed on."""
        self._overhear = overhear
        self._frames: deque[bytes] = deque()
        self._with_words = 0
        """So many of the oldest were measured and are not silent: none is measured twice."""
        self._straight: Callable[[bytes], Work | None] | None = None
        """Takes frames for which nothing has to wait."""
        self._awaited: asyncio.Future[Awaitable[None] | None] | None = None
        """Done when frames wait; its result is what holds them up, where that is a frame before."""
        self.heard = 0
        """Frames that came."""
        self.dropped = 0
        self._deaf = 0
        """So many want the agent to hear nothing."""
        self._passed: deque[bytes] = deque(maxlen=_ONSET)
        """The last frames that were passed on."""

    @property
    def is_pending(self) -> bool:
        """Whether the caller has said something that was not understood yet."""
        return self._passed.maxlen == _FRAMES

    def caller_starts(self) -> None:
        """The caller speaks: from now on, all of it is kept."""
        self._passed = deque(self._passed, maxlen=_FRAMES)

    def understood(self) -> None:
        """What was passed on is not needed any more."""
        self._passed = deque(maxlen=_ONSET)

    def rewind(self) -> None:
        """Pass on once more what was not understood."""
        self._frames.extendleft(reversed(self._passed))
        self._passed.clear()
        self._with_words = 0
        while len(self._frames) > _FRAMES:
            self._drop()
        self._wake()

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Pass on silence in place of what the caller says; keys are not heard, either."""
        self._deaf += 1
        try:
            yield
        finally:
            self.skip_tone()
            self._hear_again()

    def skip_tone(self) -> None:
        """Pass on silence for as long as the tone of a key may last that was pressed just now."""
        self._deaf += 1
        asyncio.get_running_loop().call_later(TONE_S, self._hear_again)

    def _hear_again(self) -> None:
        self._deaf -= 1

    def put(self, frame: bytes) -> None:
        """Pass a frame on, or queue it; never waits."""
        self.heard += 1
        if self._deaf:
            frame = bytes(len(frame))
        if self._overhear:
            self._overhear(frame)
        if self._straight and (passing := self._straight(frame)):
            self._passed.append(frame)
            if rest := begun(passing):
                self._wake(rest)
            return
        self._frames.append(frame)
        if len(self._frames) > _FRAMES:
            self._drop()
        self._wake()

    def _wake(self, rest: Awaitable[None] | None = None) -> None:
        self._straight = None
        if self._awaited and not self._awaited.done():
            self._awaited.set_result(rest)

    async def _next(self) -> Awaitable[None] | None:
        self._awaited = asyncio.get_running_loop().create_future()
        return await self._awaited

    async def pass_straight(self, take: Callable[[bytes], Work | None]) -> None:
        """Have `put` pass each frame straight on; returns when frames wait.

        They do where `take` returns None, and behind a frame whose passing is held up.
        """
        try:
            while not self._frames:
                self._straight = take
                if rest := await self._next():
                    await rest
        finally:
            self._straight = None

    async def get(self) -> list[bytes]:
        """The frames that wait, in their order: at least one, at most half a second."""
        while not self._frames:
            await self._next()
        taken = min(len(self._frames), _AT_ONCE)
        self._with_words = max(0, self._with_words - taken)
        frames = [self._frames.popleft() for _ in range(taken)]
        self._passed.extend(frames)
        return frames

    def _drop(self) -> None:
        self.dropped += 1
        for at in range(self._with_words, len(self._frames)):
            if level_dbfs(self._frames[at]) < SILENT_DBFS:
                self._with_words = at
                del self._frames[at]
                return
        self._frames.popleft()
        self._with_words = len(self._frames)
