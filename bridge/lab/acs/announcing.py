"""What the service itself says in a call: sound that people hear as if somebody spoke."""

import asyncio
from collections.abc import Sequence

from bridge.lab.acs.circuit import Circuit


class Announcement:
    """PCM16 at the rate of the call, to some of its people, or to all but the bridge.

    It sets `over` once it has been played to its end; whoever sets it before stops it.
    """

    def __init__(
        self, pcm: bytes, to: Sequence[Circuit], over: asyncio.Event, *, loops: bool = False
    ) -> None:
        self.over = over
        self._pcm = pcm
        self._to = to
        self._loops = loops
        self._at = 0

    def reaches(self, circuit: Circuit) -> bool:
        """Whether somebody hears it."""
        return not self._to or circuit in self._to

    def frame(self, size: int) -> bytes:
        """Return the next 20 ms, filled up with silence."""
        frame = self._pcm[self._at : self._at + size].ljust(size, b"\0")
        self._at += size
        if self._at >= len(self._pcm):
            self._at = 0
            if not self._loops:
                self.over.set()
        return frame
