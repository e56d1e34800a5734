"""A sound under speech: looped, softer under words, and without a click at either end."""

import numpy as np
import numpy.typing as npt

from bridge.audio.pcm import FRAME_MS, frame_bytes

FADE_MS = 60
"""From full level to silence; as steep where it gives way to words."""
UNDER_SPEECH = 0.2
"""Level under words: 14 dB less."""


class Music:
    """PCM16 for one caller, frame by frame; repeated `times` times, or without end."""

    def __init__(self, pcm: bytes, rate_hz: int, times: int | None = None) -> None:
        self._samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        self._left = times
        self._at = 0
        self._length = frame_bytes(rate_hz) // 2
        self._level = 0.0
        self._fades = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will sound."""
        return self._left == 0 or (self._fades and self._level == 0.0)

    def begin(self) -> None:
        """Rise from silence, at the place that was reached."""
        self._level, self._fades = 0.0, False

    def fade(self) -> None:
        """Give way to silence within 60 ms."""
        self._fades = True

    def under(self, frame: bytes, *, speech: bool) -> bytes:
        """The next 20 ms, mixed into `frame` unless that is empty; softer if it is speech."""
        goal = 0.0 if self._fades else UNDER_SPEECH if speech else 1.0
        step = FRAME_MS / FADE_MS
        level = self._level + float(np.clip(goal - self._level, -step, step))
        sound = self._next() * np.linspace(self._level, level, self._length, dtype=np.float32)
        self._level = 0.0 if level < 1e-6 else level  # noqa: PLR2004 - rounding, no sound
        if frame:
            sound += np.frombuffer(frame, "<i2")
        return np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()

    def _next(self) -> npt.NDArray[np.float32]:
        frame = np.zeros(self._length, np.float32)
        filled = 0
        while filled < self._length and self._left != 0:
            piece = self._samples[self._at : self._at + self._length - filled]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._at += len(piece)
            if self._at == len(self._samples):
                self._at = 0
                self._left = None if self._left is None else self._left - 1
        return frame
