"""A circuit: what one participant says and hears, 20 ms at a time."""

import asyncio
import audioop
from collections.abc import Callable
from itertools import cycle
from typing import Protocol

import numpy as np

from bridge.audio.pcm import (
    FRAME_MS,
    SAMPLE_BYTES,
    duration_ms,
    frame_bytes,
    level_dbfs,
    samples_in,
)
from bridge.lab.quality import PERFECT, LineQuality, Passage

QUIET_DBFS = -50.0
"""Level below which a frame holds no speech."""


class Person(Protocol):
    """Somebody real at a telephone, who speaks and hears in time with the line."""

    def speak(self, size: int) -> bytes:
        """Return the next 20 ms, which are `size` bytes."""

    def hear(self, frame: bytes) -> None:
        """Hear 20 ms."""


class Circuit:
    """One participant's line, from joining a call that has sound to the end of either.

    Time on it is counted in milliseconds of recording.
    """

    def __init__(
        self,
        address: str,
        *,
        noise_dbfs: float | None = None,
        quality: LineQuality = PERFECT,
        seed: int = 0,
    ) -> None:
        self.address = address
        """The participant's number, or raw id."""
        self.rate_hz = 16_000
        """The service's own rate, until an answer asks for another."""
        self.mouth = bytearray()
        """What the participant said, before the line; PCM16, as long as `ear`."""
        self.ear = bytearray()
        """What the participant heard at the end of the line."""
        self.loud_until_ms = 0.0
        """End of the last frame in which anybody was heard."""
        self.begun = False
        self.dead = False
        self.person: Person | None = None
        """Who holds the telephone, if that is somebody real."""
        self.forgotten = 0
        """Ticks of `mouth` and `ear`, from their beginning, that are not kept."""
        self.opened_s = 0.0
        """Time of the event loop at which the recording began."""
        self.ticks = 0
        self.on_hold = False
        self.muted = False
        """Nobody hears what is said into it."""
        self._music = cycle([b""])
        self._to_say = bytearray()
        self._keys = bytearray()
        self._ticked = asyncio.Event()
        self._quality, self._seed = quality, seed
        self._noise = np.random.default_rng(seed)
        self._noise_amplitude = 0.0 if noise_dbfs is None else 32768 * 10 ** (noise_dbfs / 20)

    @property
    def ms(self) -> float:
        """Now: the length of the recording."""
        return float(self.ticks * FRAME_MS)

    def begin(self, rate_hz: int, kept_s: float | None = None) -> None:
        """Begin the recording, of which at least the last `kept_s` are kept, or all."""
        self.rate_hz = rate_hz
        self._kept = None if kept_s is None else int(kept_s * 1000 / FRAME_MS)
        self._to_others = Passage(self._quality, rate_hz, self._seed)
        self._from_others = Passage(self._quality, rate_hz, self._seed + 1)
        self.opened_s = asyncio.get_running_loop().time()
        self.begun = True
        self._wake()

    def say(self, pcm: bytes) -> tuple[float, float]:
        """Say `pcm` after what is still being said; returns from when to when."""
        start_ms = self.ms + duration_ms(self._to_say, self.rate_hz)
        self._to_say += pcm
        return start_ms, self.ms + duration_ms(self._to_say, self.rate_hz)

    def press(self, pcm: bytes) -> None:
        """Sound a key, which silences the mouth meanwhile, as telephones do."""
        self._keys += pcm

    def hold(self, music: bytes = b"") -> None:
        """Hear `music` over and over, or silence, and be heard by nobody."""
        size = frame_bytes(self.rate_hz)
        frames = [music[start : start + size] for start in range(0, len(music), size)]
        self._music = cycle(frames or [b""])
        self.on_hold = True

    def unhold(self) -> None:
        """Be in the call again."""
        self.on_hold = False

    def speak(self) -> bytes:
        """Return what arrives of the next 20 ms of the mouth."""
        if self.person:
            frame = self.person.speak(frame_bytes(self.rate_hz))
        else:
            frame = self._taken(self._to_say)
        if self._keys:
            frame = self._taken(self._keys)
        frame = self._with_noise(frame)
        self.mouth += frame
        return self._to_others(frame)

    def hear(self, frame: bytes) -> None:
        """Hear 20 ms, unless on hold; that moves the line on."""
        if self.on_hold:
            frame = next(self._music).ljust(frame_bytes(self.rate_hz), b"\0")
        frame = self._from_others(frame)
        self.ear += frame
        self.ticks += 1
        self._forget()
        if self.person:
            self.person.hear(frame)
        if level_dbfs(frame) >= QUIET_DBFS:
            self.loud_until_ms = self.ms
        self._wake()

    def tick_of(self, tape: bytearray, tick: int) -> bytes:
        """The 20 ms of `mouth` or `ear` at a tick; nothing of what is forgotten or to come."""
        size, at = frame_bytes(self.rate_hz), tick - self.forgotten
        return bytes(tape[at * size : (at + 1) * size]) if at >= 0 else b""

    def cut(self) -> None:
        """End the line, and every wait on it."""
        self.dead = True
        self._ticked.set()

    async def begins(self) -> bool:
        """Wait for the recording to begin; False if the line died first."""
        return await self.until(lambda: self.begun)

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

    def _wake(self) -> None:
        self._ticked.set()
        self._ticked.clear()

    def _forget(self) -> None:
        """Let go of what is old, once it is as much as is kept."""
        if self._kept is None or self.ticks - self.forgotten < 2 * self._kept:
            return
        old = self.ticks - self._kept - self.forgotten
        for tape in (self.mouth, self.ear):
            del tape[: old * frame_bytes(self.rate_hz)]
        self.forgotten += old

    def _taken(self, queue: bytearray) -> bytes:
        """The next 20 ms of a queue, filled up with silence."""
        size = frame_bytes(self.rate_hz)
        frame = bytes(queue[:size])
        del queue[:size]
        return frame.ljust(size, b"\0")

    def _with_noise(self, frame: bytes) -> bytes:
        if not self._noise_amplitude:
            return frame
        samples = samples_in(FRAME_MS, self.rate_hz)
        noise = self._noise.normal(0, self._noise_amplitude, samples).astype("<i2")
        return bytes(audioop.add(frame, noise.tobytes(), SAMPLE_BYTES))
