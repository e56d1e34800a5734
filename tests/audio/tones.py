"""Test tones, and what became of them."""

from dataclasses import dataclass

import numpy as np

AMPLITUDE = 0.7071
"""-3 dBFS."""


@dataclass(frozen=True)
class Tone:
    """A sine found in a recording."""

    hz: float
    gain_db: float
    """Against a tone of -3 dBFS."""
    snr_db: float
    """Power of the fitted sine over everything else."""
    phase: float
    """Radians, at the first sample."""


def tone(hz: float, seconds: float, rate_hz: int) -> bytes:
    """A sine at -3 dBFS with triangular dither, PCM16."""
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    dither = np.random.default_rng(1).triangular(-1, 0, 1, len(at))
    samples = AMPLITUDE * 32767 * np.sin(2 * np.pi * hz * at) + dither
    return np.rint(samples).astype("<i2").tobytes()


def snr_db(pcm: bytes, hz: float, rate_hz: int, *others_hz: float) -> Tone:
    """Fit a sine of `hz` by least squares, and sines of `others_hz` that may be there with it."""
    heard = np.frombuffer(pcm, "<i2").astype(float)
    at = np.arange(len(heard)) / rate_hz
    columns = [np.ones_like(at)]
    for tone_hz in (hz, *others_hz):
        columns += [np.sin(2 * np.pi * tone_hz * at), np.cos(2 * np.pi * tone_hz * at)]
    basis = np.stack(columns, axis=1)
    weights, *_ = np.linalg.lstsq(basis, heard, rcond=None)
    sine = basis[:, 1:3] @ weights[1:3]
    rest = ((heard - basis[:, 0] * weights[0] - sine) ** 2).mean()
    gain = np.hypot(weights[1], weights[2]) / (AMPLITUDE * 32767)
    phase = np.arctan2(weights[2], weights[1])
    return Tone(hz, 20 * np.log10(gain), 10 * np.log10(sine.var() / rest), phase)


def loudest_hz(pcm: bytes, rate_hz: int) -> float:
    """Frequency of the strongest component, to about 0.1 Hz on a second of sound."""
    heard = np.frombuffer(pcm, "<i2").astype(float) * np.hanning(len(pcm) // 2)
    spectrum = np.abs(np.fft.rfft(heard, 1 << 20))
    return float(spectrum.argmax() * rate_hz / (1 << 20))
