"""The circuit: what the caller says and what is played to the caller, on one clock."""

import asyncio
import audioop
from collections.abc import Callable

import numpy as np

from bridge.audio.pcm import (
    FRAME_MS,
    SAMPLE_BYTES,
    duration_ms,
    frame_bytes,
    level_dbfs,
    samples_in,
)

QUIET_DBFS = -50.0
"""Level below which a frame holds no speech."""


class Circuit:
    """Both directions of a call, moved on by 20 ms at a time from the moment the media opens.

    Time on it is counted in milliseconds of recording. What the agent sends is queued without limit
    and played in order: how much the service itself would hold is not documented.
    """

    def __init__(self, *, noise_dbfs: float | None, seed: int) -> None:
        self.rate_hz = 16_000
        """The service's own rate, until an answer asks for another."""
        self.caller = bytearray()
        self.agent = bytearray()
        self.received = bytearray()
        self.received_frames = 0
        self.sent_frames = 0
        self.complaints: list[str] = []
        self.stops: list[float] = []
        self.flushed_ms = 0.0
        self.loud_until_ms = 0.0
        """End of the last frame in which the agent was heard."""
        self.dead = False
        self.opened_s = 0.0
        """Time of the event loop at which the line began."""
        self.ticks = 0
        self._to_say = bytearray()
        self._to_play = bytearray()
        self._ticked = asyncio.Event()
        self._noise = np.random.default_rng(seed)
        self._noise_amplitude = 0.0 if noise_dbfs is None else 32768 * 10 ** (noise_dbfs / 20)

    @property
    def ms(self) -> float:
        """Now: the length of the recording."""
        return float(self.ticks * FRAME_MS)

    async def run(self) -> None:
        """Tick on absolute deadlines, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.opened_s + (self.ms + FRAME_MS) / 1000 - loop.time())
            self._tick()

    def say(self, pcm: bytes) -> tuple[float, float]:
        """Let the caller say `pcm` after what is still being said; returns from when to when."""
        start_ms = self.ms + duration_ms(self._to_say, self.rate_hz)
        self._to_say += pcm
        return start_ms, self.ms + duration_ms(self._to_say, self.rate_hz)

    def play(self, pcm: bytes) -> None:
        """Queue what the agent sent."""
        self.received += pcm
        self.received_frames += 1
        self._to_play += pcm

    def stop_audio(self) -> None:
        """Discard what the agent sent and the caller has not heard."""
        self.stops.append(self.ms)
        self.flushed_ms += duration_ms(self._to_play, self.rate_hz)
        self._to_play.clear()

    def cut(self) -> None:
        """End the line, and every wait on it."""
        self.dead = True
        self._ticked.set()

    async def until(self, reached: Callable[[], bool]) -> bool:
        """Wait for a tick at which `reached` holds; False if the line died first."""
        while not reached():
            if self.dead:
                return False
            await self._ticked.wait()
        return True

    async def reaches(self, ms: float) -> bool:
        """Wait for a moment; False if the line died first."""
        return await self.until(lambda: self.ms >= ms)

    def _tick(self) -> None:
        self.caller += self._with_noise(_taken(self._to_say, self.rate_hz))
        played = _taken(self._to_play, self.rate_hz)
        self.agent += played
        self.ticks += 1
        if level_dbfs(played) >= QUIET_DBFS:
            self.loud_until_ms = self.ms
        self._ticked.set()
        self._ticked.clear()

    def _with_noise(self, frame: bytes) -> bytes:
        if not self._noise_amplitude:
            return frame
        samples = samples_in(FRAME_MS, self.rate_hz)
        noise = self._noise.normal(0, self._noise_amplitude, samples).astype("<i2")
        return bytes(audioop.add(frame, noise.tobytes(), SAMPLE_BYTES))


def _taken(queue: bytearray, rate_hz: int) -> bytes:
    """The next 20 ms of a queue, filled up with silence."""
    size = frame_bytes(rate_hz)
    frame = bytes(queue[:size])
    del queue[:size]
    return frame.ljust(size, b"\0")
