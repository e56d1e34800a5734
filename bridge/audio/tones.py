"""Tones that telephones know."""

from functools import cache

import numpy as np
import numpy.typing as npt

_LOUDNESS = 0.25
"""Of full scale: -12 dB."""
_PARTS_HZ = (950, 1400, 1800)
_PART_MS = 330


@cache
def beep(rate_hz: int) -> bytes:
    """1 kHz for half a second, as PCM16: speak now."""
    at_s = np.arange(rate_hz // 2) / rate_hz
    return _pcm16(np.sin(2 * np.pi * 1_000 * at_s))


@cache
def information_tone(rate_hz: int) -> bytes:
    """The special information tone, as PCM16: three rising tones of 330 ms each (ITU-T E.180).

    Exchanges play it when a call cannot go on; it needs no language.
    """
    at_s = np.arange(rate_hz * _PART_MS // 1000) / rate_hz
    parts = [np.sin(2 * np.pi * hz * at_s) for hz in _PARTS_HZ]
    return _pcm16(np.concatenate(parts))


def _pcm16(wave: npt.NDArray[np.float64]) -> bytes:
    return (wave * _LOUDNESS * 32767).astype("<i2").tobytes()
