"""Conversion of the sample rate of a live stream, 20 ms at a time, without hold-back."""

from functools import cache
from math import gcd

import numpy as np
import numpy.typing as npt

_PASS_FRACTION, _STOP_FRACTION = 7.0 / 8.0, 8.4 / 8.0
"""Edges of the low-pass, in halves of the lower rate: 7.0 and 8.4 kHz where that is 16 kHz."""
_STOPBAND_DB = 85.0


@cache
def _kernel(from_hz: int, to_hz: int) -> tuple[npt.NDArray[np.float32], int, int]:
    """Polyphase matrix for one rate pair, shared by all calls: (weights, samples in, samples out).

    A Kaiser-windowed low-pass at `from_hz * out`, cut into one column per output phase. A row of
    consecutive input samples times the matrix gives one group of output samples.
    """
    common = gcd(from_hz, to_hz)
    samples_in, samples_out = from_hz // common, to_hz // common
    half_hz = min(from_hz, to_hz) / 2
    fine_hz = from_hz * samples_out
    edge = (_PASS_FRACTION + _STOP_FRACTION) / 2 * half_hz / fine_hz
    width = (_STOP_FRACTION - _PASS_FRACTION) * half_hz / fine_hz
    taps = int(np.ceil((_STOPBAND_DB - 8) / (2.285 * 2 * np.pi * width)))
    per_phase = -(-(taps + 1) // samples_out)
    taps = per_phase * samples_out
    at = np.arange(taps) - (taps - 1) / 2
    low_pass = 2 * edge * np.sinc(2 * edge * at) * np.kaiser(taps, 0.1102 * (_STOPBAND_DB - 8.7))
    low_pass *= samples_out / low_pass.sum()
    reach = [phase * samples_in // samples_out for phase in range(samples_out)]
    weights = np.zeros((per_phase + samples_in - 1, samples_out), np.float32)
    for phase, newest in enumerate(reach):
        column = low_pass[phase * samples_in % samples_out :: samples_out]
        weights[newest : newest + per_phase, phase] = column[::-1]
    return weights, samples_in, samples_out


class Resampler:
    """One direction of one call: PCM16 at `from_hz` in, PCM16 at `to_hz` out.

    Keeps its history between calls, so that frame borders cannot be heard. A 20 ms frame in is
    a 20 ms frame out, from the first one on; the signal is delayed by 1.9 ms (3.4 ms where the
    lower rate is 8 kHz). Equal rates pass the bytes through untouched.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._same = from_hz == to_hz
        self._weights, self._in, self._out = _kernel(from_hz, to_hz)
        self._start = np.zeros(len(self._weights) - self._in, np.float32)
        self._history = self._start

    def __call__(self, pcm: bytes) -> bytes:
        """Convert the next piece of the stream, of any length; what does not fill a group waits."""
        if self._same:
            return pcm
        stream = np.concatenate((self._history, np.frombuffer(pcm, "<i2")), dtype=np.float32)
        groups = (len(stream) - len(self._start)) // self._in
        if not groups:
            self._history = stream
            return b""
        windows = np.lib.stride_tricks.sliding_window_view(stream, len(self._weights))
        samples = (windows[:: self._in][:groups] @ self._weights).ravel()
        self._history = stream[groups * self._in :]
        np.rint(samples, out=samples)
        np.clip(samples, -32768, 32767, out=samples)
        return samples.astype("<i2").tobytes()

    def flush(self) -> bytes:
        """Return the rest of the stream and forget it: what follows is a new sound."""
        if self._same:
            return b""
        held = len(self._start) // 2 + self._in
        tail = self(bytes(2 * held))
        self._history = self._start
        return tail
