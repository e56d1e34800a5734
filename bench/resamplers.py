"""Resamplers, each as one direction of a call: 20 ms of PCM16 in, PCM16 out.

Only the product's and audioop are installed with it; the others are for comparison:

    .venv/bin/pip install --no-deps --target /tmp/bench-extra soxr av scipy
    PYTHONPATH=/tmp/bench-extra .venv/bin/python -m bench resample
"""

import importlib
import warnings
from collections.abc import Callable
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.audio.resample import Resampler

Convert = Callable[[bytes], bytes]
Samples = npt.NDArray[np.int16]


def _soxr(quality: str) -> Callable[[int, int], Convert]:
    def make(from_hz: int, to_hz: int) -> Convert:
        soxr = importlib.import_module("soxr")
        stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16", quality=quality)

        def convert(pcm: bytes) -> bytes:
            out: Samples = stream.resample_chunk(np.frombuffer(pcm, "<i2"))
            return out.tobytes()

        return convert

    return make


def _audioop(from_hz: int, to_hz: int) -> Convert:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = importlib.import_module("audioop")
    state: Any = None

    def convert(pcm: bytes) -> bytes:
        nonlocal state
        out: bytes
        out, state = audioop.ratecv(pcm, 2, 1, from_hz, to_hz, state)
        return out

    return convert


def _pyav(from_hz: int, to_hz: int) -> Convert:
    av = importlib.import_module("av")
    resampler = av.AudioResampler("s16", "mono", to_hz)

    def convert(pcm: bytes) -> bytes:
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2")[None], "s16", "mono")
        frame.sample_rate = from_hz
        out: list[bytes] = [part.to_ndarray().tobytes() for part in resampler.resample(frame)]
        return b"".join(out)

    return convert


def _scipy(from_hz: int, to_hz: int) -> Convert:
    signal = importlib.import_module("scipy.signal")
    common = gcd(from_hz, to_hz)

    def convert(pcm: bytes) -> bytes:
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        return _rounded(signal.resample_poly(samples, to_hz // common, from_hz // common))

    return convert


def _linear(from_hz: int, to_hz: int) -> Convert:
    def convert(pcm: bytes) -> bytes:
        samples = np.frombuffer(pcm, "<i2")
        at = np.arange(len(samples) * to_hz // from_hz) * (from_hz / to_hz)
        return _rounded(np.interp(at, np.arange(len(samples)), samples))

    return convert


def _rounded(samples: npt.NDArray[Any]) -> bytes:
    rounded: Samples = np.clip(np.rint(samples), -32768, 32767).astype("<i2")
    return rounded.tobytes()


OURS = "bridge.audio.resample"

CANDIDATES: dict[str, Callable[[int, int], Convert]] = {
    OURS: Resampler,
    "soxr HQ, stream": _soxr("HQ"),
    "soxr LQ, stream": _soxr("LQ"),
    "soxr VHQ, stream": _soxr("VHQ"),
    "audioop.ratecv, stream": _audioop,
    "PyAV, stream": _pyav,
    "scipy resample_poly, per frame": _scipy,
    "linear, per frame": _linear,
}
