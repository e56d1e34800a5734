"""Conversion of the sample rate of a live stream, 20 ms at a time, without hold-back."""

from functools import cache
from math import lcm

import numpy as np
import numpy.typing as npt

_EDGES_HZ = {8_000: (3_350, 4_200), 16_000: (6_900, 8_400), 24_000: (10_350, 12_600)}
"""By the lower of both rates, where the filter begins to fall and where it has fallen. It falls so
slowly at first that a tone of 3.4 or 7.0 kHz loses 0.01 dB."""
_STOPBAND_DB = 90.0
_GROUPS_HZ = 1_000
"""A stream is converted in groups of a millisecond."""
_MOST_GROUPS = 400
"""In one product of matrices. BLAS gives larger ones to threads, which cost more than they save."""
_SAMPLE = np.dtype("<i2")

Floats = npt.NDArray[np.float32]


@cache
def _kernel(from_hz: int, to_hz: int) -> Floats:
    """Weights for a pair of rates, shared by all calls: a row per sample in, a column per one out.

    A Kaiser-windowed low-pass at the least rate that both divide, cut into its phases. What was
    heard before a group and the group itself, times the weights, gives one group of output.
    """
    fine_hz = lcm(from_hz, to_hz)
    up, down = fine_hz // from_hz, fine_hz // to_hz
    fall, fallen = (edge / fine_hz for edge in _EDGES_HZ[min(from_hz, to_hz)])
    order = int(np.ceil((_STOPBAND_DB - 8) / (2.285 * 2 * np.pi * (fallen - fall))))
    per_phase = -(-(order + 1) // up)
    at = np.arange(per_phase * up) - (per_phase * up - 1) / 2
    low_pass = np.sinc((fall + fallen) * at) * np.kaiser(len(at), 0.1102 * (_STOPBAND_DB - 8.7))
    low_pass *= up / low_pass.sum()
    samples_in, samples_out = from_hz // _GROUPS_HZ, to_hz // _GROUPS_HZ
    weights = np.zeros((per_phase - 1 + samples_in, samples_out), np.float32)
    for sample in range(samples_out):
        newest, phase = divmod(sample * down, up)
        weights[newest : newest + per_phase, sample] = low_pass[phase::up][::-1]
    return weights


class Resampler:
    """One direction of one call: PCM16 at `from_hz` in, PCM16 at `to_hz` out.

    The rates are 8, 16, 24 or 48 kHz. Keeps its history between calls, so that frame borders cannot
    be heard. A 20 ms frame in is a 20 ms frame out, from the first one on; the signal is delayed by
    1.9 ms (3.4 ms where the lower rate is 8 kHz). Equal rates pass the bytes through untouched.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._same = from_hz == to_hz
        if self._same:
            return
        self._weights = _kernel(from_hz, to_hz)
        self._in = from_hz // _GROUPS_HZ
        self._most = _MOST_GROUPS * self._in * _SAMPLE.itemsize
        self._start = np.zeros(len(self._weights) - self._in, np.float32)
        self._history = self._start

    def __call__(self, pcm: bytes) -> bytes:
        """Convert the next piece of the stream; a begun millisecond waits for its rest."""
        if self._same:
            return pcm
        if len(pcm) > self._most:
            pieces = (pcm[at : at + self._most] for at in range(0, len(pcm), self._most))
            return b"".join(map(self, pieces))
        stream = np.concatenate((self._history, np.frombuffer(pcm, _SAMPLE)), dtype=np.float32)
        groups = (len(stream) - len(self._start)) // self._in
        # The plain constructor takes 0.3 µs, as_strided 3, sliding_window_view 9; and overlapping
        # rows are copied, for BLAS takes no others.
        step = stream.itemsize
        rows: Floats = np.ndarray(
            (groups, len(self._weights)), stream.dtype, stream, 0, (self._in * step, step)
        )
        samples: Floats = np.ascontiguousarray(rows) @ self._weights
        self._history = stream[groups * self._in :]
        samples.clip(-32768, 32767, out=samples)
        return np.rint(samples, out=samples).astype(_SAMPLE).tobytes()

    def flush(self) -> bytes:
        """Return the rest of the stream and forget it: what follows is a new sound."""
        if self._same:
            return b""
        held = len(self._start) // 2 + self._in
        tail = self(bytes(2 * held))
        self._history = self._start
        return tail
