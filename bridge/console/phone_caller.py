"""The person at the browser, as their telephone on the exchange has them: 20 ms at a time."""

import asyncio
from collections import deque

from bridge.audio.pcm import FRAME_MS, SAMPLE_BYTES, samples_in
from bridge.audio.resample import Resampler

RATES_HZ = (24_000, 48_000)
"""That a browser may have; the first is what it is asked for."""
CUSHION_MS = (40, 120)
"""The least and the most of what was said that waits for what comes late."""
_STEP_MS = 20
_SLACK_MS = 100
"""Beyond the cushion; what waits longer than that is only delay."""
_MOST_HEARD_MS = 500
"""For a browser that takes nothing: what is older is of no use to anybody."""


class Caller:
    """Speaks what came from a browser, and keeps for it what was heard; PCM16, one channel.

    Frames come by the browser's clock and over a network, and leave by the line's: a cushion of
    `CUSHION_MS`, which grows with each gap, lies between.
    """

    def __init__(self, browser_hz: int, line_hz: int) -> None:
        """Be at a browser and on a line of these rates."""
        self.gaps = 0
        """Times that the browser's sound came too late."""
        self.skipped_ms = 0.0
        """What was left out because it had piled up."""
        self._to_line = Resampler(browser_hz, line_hz)
        self._to_browser = Resampler(line_hz, browser_hz)
        self._bytes_per_ms = samples_in(1, line_hz) * SAMPLE_BYTES
        self._cushion_ms = CUSHION_MS[0]
        self._gathers = True
        self._said = bytearray()
        self._heard: deque[bytes] = deque(maxlen=_MOST_HEARD_MS // FRAME_MS)
        self._came = asyncio.Event()

    def says(self, pcm: bytes) -> None:
        """Take what the browser has sent; half a sample at its end is no sound."""
        self._said += self._to_line(pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES])
        if self._waiting_ms > self._cushion_ms + _SLACK_MS:
            late_ms = self._waiting_ms - self._cushion_ms
            self.skipped_ms += late_ms
            del self._said[: int(late_ms) * self._bytes_per_ms]

    def speak(self, size: int) -> bytes:
        """Return the next 20 ms; silence while there is no cushion."""
        if self._gathers and self._waiting_ms < self._cushion_ms:
            return bytes(size)
        self._gathers = len(self._said) < size
        if self._gathers:
            self.gaps += 1
            self._cushion_ms = min(self._cushion_ms + _STEP_MS, CUSHION_MS[1])
        frame = bytes(self._said[:size])
        del self._said[:size]
        return frame.ljust(size, b"\0")

    def hear(self, frame: bytes) -> None:
        """Hear 20 ms of the line."""
        self._heard.append(self._to_browser(frame))
        self._came.set()

    async def heard(self) -> bytes:
        """Wait for sound, and return what the browser has not had; at most the last half second."""
        await self._came.wait()
        self._came.clear()
        sound = b"".join(self._heard)
        self._heard.clear()
        return sound

    @property
    def _waiting_ms(self) -> float:
        return len(self._said) / self._bytes_per_ms
