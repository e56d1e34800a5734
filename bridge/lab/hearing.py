"""Finding again in a recording what was spoken, by correlation."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bridge.audio.resample import Resampler

Samples = npt.NDArray[np.float32]

_EAR_HZ = 8_000
_ALIKE = 0.6
"""Correlation from which the opening of a line counts as heard."""
_STILL_ALIKE = 0.35
"""The same for each 50 ms after it; hissing sounds do not survive half a sample of delay well."""
_OPENING = _EAR_HZ
"""By a second of its beginning a line is recognised; from there on, ears follow it."""
_LEAST = 0.1
"""Share of the opening's energy that must be there; next to nothing is like anything."""
_BLOCK_MS = 50
_SLIPS = 3
"""So many blocks in a row may differ, or be missing at the end, before a line is cut off."""
_PAUSE_LEVEL = 200
"""Amplitude, root mean square, below which a block is a pause."""


def narrowed(pcm: bytes, rate_hz: int) -> Samples:
    """PCM16 as ears take it, at 8 kHz."""
    narrow = Resampler(rate_hz, _EAR_HZ)
    return np.frombuffer(narrow(pcm) + narrow.flush(), "<i2").astype(np.float32)


class Recording:
    """What was recorded, made ready for many takes to be looked for in it."""

    def __init__(self, pcm: bytes, rate_hz: int) -> None:
        self._samples = narrowed(pcm, rate_hz)
        padded = np.concatenate((self._samples, np.zeros(_OPENING, np.float32)))
        self._energy = np.concatenate(([0.0], np.cumsum(padded.astype(np.float64) ** 2)))
        self._size = 1 << (len(padded) + 1).bit_length()
        self._spectrum = np.fft.rfft(self._samples, self._size)

    def occurrences(self, take: Samples) -> Iterator[tuple[float, float, bool]]:
        """From where to where a take is heard, in milliseconds, and whether to its end; every time.

        It may be cut off somewhere: then it ends there.
        """
        opening = take[:_OPENING]
        strength, length = float(np.sqrt(opening @ opening)), len(self._samples)
        if not strength or not length:
            return
        product = self._spectrum * np.conj(np.fft.rfft(opening, self._size))
        match = np.fft.irfft(product, self._size)[:length]
        window = self._energy[len(opening) : len(opening) + length] - self._energy[:length]
        score = match / (strength * np.sqrt(np.maximum(window, strength**2 * _LEAST)))
        while score.max() >= _ALIKE:
            start = int(score.argmax())
            heard, complete = _followed(take, self._samples[start : start + len(take)])
            at_ms, heard_ms = start * 1000 / _EAR_HZ, heard * 1000 / _EAR_HZ
            if heard_ms > _BLOCK_MS:
                yield at_ms, at_ms + heard_ms, complete
            score[max(0, start - len(opening)) : start + len(opening)] = 0


def _followed(take: Samples, recording: Samples) -> tuple[int, bool]:
    """How far into the take the recording follows it, in samples, and whether to its end."""
    heard = np.concatenate((recording, np.zeros(len(take) - len(recording), np.float32)))
    block = _BLOCK_MS * _EAR_HZ // 1000
    last = end = slips = 0
    for start in range(0, len(take), block):
        ours, theirs = take[start : start + block], heard[start : start + block]
        energy = float(ours @ ours)
        if energy < len(ours) * _PAUSE_LEVEL**2:
            continue  # a pause sounds like any other
        end = start + len(ours)
        alike = float(ours @ theirs) >= _STILL_ALIKE * np.sqrt(energy * float(theirs @ theirs)) > 0
        if alike and slips <= _SLIPS:
            last, slips = end, 0
        else:
            slips += 1
    return last, last >= end - _SLIPS * block
