"""Stretches of time on a line: where there is sound, and what can be said about two of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bridge.audio.pcm import FRAME_MS, samples_in

PAUSE_MS = 300.0
"""A shorter one is part of speaking: nobody takes it for silence."""
_AUDIBLE = 0.003
"""Peak, of full scale: -50 dB."""
_OVER_NOISE = 2.0
"""A frame is heard over the line's own noise if its peak is so many times higher."""
_LOUDEST_NOISE = 0.03
"""Peak, of full scale: -30 dB. What is louder all the time is no noise of the line."""


@dataclass(frozen=True)
class Stretch:
    """From when to when, in milliseconds of the recording."""

    start_ms: float
    end_ms: float

    @property
    def lasts_ms(self) -> float:
        """Length."""
        return self.end_ms - self.start_ms


AnyStretch = TypeVar("AnyStretch", bound=Stretch)


def envelope(pcm: bytes, rate_hz: int) -> npt.NDArray[np.float32]:
    """Peak of each whole frame of 20 ms; full scale is 1."""
    frame = samples_in(FRAME_MS, rate_hz)
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    frames = np.abs(samples[: len(samples) // frame * frame].reshape(-1, frame))
    return np.asarray(frames.max(axis=1))


def sounding(pcm: bytes, rate_hz: int) -> list[Stretch]:
    """Where there is sound over the noise of the line, to the frame; shorter pauses are in it."""
    peaks = envelope(pcm, rate_hz)
    if not len(peaks):
        return []
    noise = min(float(np.percentile(peaks, 10)), _LOUDEST_NOISE)
    loud = np.concatenate(([False], peaks > max(_AUDIBLE, noise * _OVER_NOISE), [False]))
    edges_ms = (np.flatnonzero(np.diff(loud)) * float(FRAME_MS)).tolist()
    return joined(Stretch(*pair) for pair in zip(edges_ms[::2], edges_ms[1::2], strict=True))


def joined(stretches: Iterable[Stretch], pause_ms: float = PAUSE_MS) -> list[Stretch]:
    """The same in order of time, as one where they overlap or the pause between is shorter."""
    whole: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda each: each.start_ms):
        if whole and stretch.start_ms - whole[-1].end_ms < pause_ms:
            before = whole.pop()
            stretch = Stretch(before.start_ms, max(before.end_ms, stretch.end_ms))  # noqa: PLW2901
        whole.append(stretch)
    return whole


def shared(some: Iterable[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """Where both are; `others` do not overlap each other."""
    return [
        Stretch(max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms))
        for one in some
        for other in others
        if max(one.start_ms, other.start_ms) < min(one.end_ms, other.end_ms)
    ]


def between(stretches: Iterable[Stretch], until_ms: float) -> list[Stretch]:
    """Where none of them is, from 0 on."""
    borders = [Stretch(0, 0), *joined(stretches, 0), Stretch(until_ms, until_ms)]
    return [
        Stretch(before.end_ms, after.start_ms)
        for before, after in pairwise(borders)
        if before.end_ms < after.start_ms
    ]


def next_starts_ms(stretches: Sequence[Stretch], last_ms: float) -> list[float]:
    """For each, in order, when the next begins; `last_ms` for the last."""
    starts_ms = [stretch.start_ms for stretch in stretches]
    return [*starts_ms[1:], last_ms][: len(stretches)]


def in_rows(stretches: Iterable[AnyStretch]) -> list[list[AnyStretch]]:
    """As few rows as may be, so that in none of them two overlap."""
    rows: list[list[AnyStretch]] = []
    for stretch in sorted(stretches, key=lambda each: each.start_ms):
        free = next((row for row in rows if row[-1].end_ms <= stretch.start_ms), None)
        if free:
            free.append(stretch)
        else:
            rows.append([stretch])
    return rows


def total_ms(stretches: Iterable[Stretch]) -> float:
    """Length of all together."""
    return sum(stretch.lasts_ms for stretch in stretches)
