"""Sounds of callers that are no words, made here: always the same for the same numbers."""

from functools import cache

import numpy as np
import numpy.typing as npt

from bridge.audio.pcm import samples_in

_COUGHS = ((0, 260), (340, 200))
"""From when and how long, in milliseconds: people cough twice."""
_LOUDNESS = 0.3
"""Peak of a cough, of full scale."""
_SOFTEST_HZ = 50

Samples = npt.NDArray[np.float64]


@cache
def cough(rate_hz: int, seed: int = 0) -> bytes:
    """Half a second of coughing, as PCM16: no word, though a detector takes it for speech."""
    samples = np.zeros(samples_in(sum(_COUGHS[-1]), rate_hz))
    dice = np.random.default_rng(seed)
    for start_ms, length_ms in _COUGHS:
        length = samples_in(length_ms, rate_hz)
        at_s = np.arange(length) / rate_hz
        throat = np.sign(np.sin(2 * np.pi * 150 * at_s)) * np.exp(-at_s * 14)
        burst = _shaped(dice.normal(0, 1, length), rate_hz) * np.exp(-at_s * 11)
        start = samples_in(start_ms, rate_hz)
        samples[start : start + length] += burst / np.abs(burst).max() + 0.3 * throat
    return _pcm16(samples * _LOUDNESS / np.abs(samples).max())


def noise(ms: float, rate_hz: int, dbfs: float, seed: int = 0) -> bytes:
    """Background noise, as PCM16, with the spectrum of a room: 3 dB less for each octave up.

    `dbfs` is its root mean square; a full-scale square wave is 0.
    """
    samples = np.random.default_rng(seed).normal(0, 1, samples_in(ms, rate_hz))
    pink = _shaped(samples, rate_hz)
    return _pcm16(pink * 10 ** (dbfs / 20) / np.sqrt(np.mean(pink**2)))


def _shaped(white: Samples, rate_hz: int) -> Samples:
    """White noise made pink."""
    hz = np.fft.rfftfreq(len(white), 1 / rate_hz)
    pink: Samples = np.fft.irfft(
        np.fft.rfft(white) / np.sqrt(np.maximum(hz, _SOFTEST_HZ)), len(white)
    )
    return pink


def _pcm16(samples: Samples) -> bytes:
    return (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()
