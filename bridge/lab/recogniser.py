"""Ears for every voice, by a recogniser of speech: people at a microphone, recordings, any process.

The engine is Moonshine with its smallest model, in English (package `moonshine-voice`, MIT). Only
its version 0.1.0 is used: the wheel carries the model, which later ones fetch from the network. It
mishears; `docs/lab-speech.md` says how much, and what.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.audio.pcm import samples_in
from bridge.audio.resample import Resampler
from bridge.lab.speech import Heard
from bridge.lab.spelling import spelled

_RATE_HZ = 16_000
_SAME_LINE_MS = 700
"""People who pause for less have not finished their line."""
_LONGEST_S = 9
"""The model is given no more at a time: what is longer may end in one phrase over and over."""
_DETECTOR = {"skip_transcription": "true", "vad_max_segment_duration": _LONGEST_S}
_EDGE_MS = 1_000
"""So much before and after a line is listened to with it: the detector remembers what it heard
before, and does not find a line to the same millisecond twice."""
_ENOUGH = 0.8
"""Share of the words of a text, in their order, by which it counts as heard."""
_WORKER = ThreadPoolExecutor(1, thread_name_prefix="ears")
"""The engine has one thread of its own: recognitions wait for each other, and nobody for them."""

Floats = npt.NDArray[np.float32]


class EarsMissing(Exception):
    """The engine is not installed; the message names the remedy."""


@dataclass(frozen=True)
class Guess(Heard):
    """A line as the recogniser understood it."""

    def has(self, text: str) -> bool:
        """Whether four of five words of `text` are there, in their order."""
        wanted, there = spelled(text), spelled(self.text)
        blocks = SequenceMatcher(None, wanted, there, autojunk=False).get_matching_blocks()
        return sum(block.size for block in blocks) >= len(wanted) * _ENOUGH


class Recogniser:
    """Hears whatever is said in English; `EarsMissing` if the engine is not installed.

    The model is loaded once for the process, by the first of these.
    """

    def __init__(self) -> None:
        self._detector, self._model = _engine()

    async def recognise(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """Hear in the engine's own thread: these are `Ears`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_WORKER, self.hear, pcm, rate_hz)

    def hear(self, pcm: bytes, rate_hz: int) -> list[Heard]:
        """Return what was said, as lines with pauses between; at 8, 16, 24 or 48 kHz."""
        resample = Resampler(rate_hz, _RATE_HZ)
        samples = np.frombuffer(resample(pcm) + resample.flush(), "<i2").astype(np.float32)
        samples /= 32768
        pieces = self._pieces(samples)
        between_ms = [(end + start) / 2 for (_, end), (start, _) in pairwise(pieces)]
        borders_ms = pairwise([0.0, *between_ms, len(samples) * 1000 / _RATE_HZ])
        lines: list[Heard] = []
        for (start_ms, end_ms), (from_ms, to_ms) in zip(pieces, borders_ms, strict=False):
            first = samples_in(max(from_ms, start_ms - _EDGE_MS), _RATE_HZ)
            last = samples_in(min(to_ms, end_ms + _EDGE_MS), _RATE_HZ)
            found = _lines(self._model, samples[first:last])
            line = Guess(
                " ".join(one.text.strip() for one in found), start_ms, end_ms, complete=True
            )
            if lines and start_ms - lines[-1].end_ms < _SAME_LINE_MS:
                before = lines.pop()
                line = replace(line, text=f"{before.text} {line.text}", start_ms=before.start_ms)
            lines.append(line)
        return [line for line in lines if line.text.strip()]

    def _pieces(self, samples: Floats) -> list[tuple[float, float]]:
        """From when to when somebody speaks, in milliseconds; no longer than is understood."""
        pieces: list[tuple[float, float]] = []
        for found in _lines(self._detector, samples):
            start_ms, end_ms = found.start_time * 1000, (found.start_time + found.duration) * 1000
            is_near = pieces and start_ms - pieces[-1][1] < _SAME_LINE_MS
            if is_near and end_ms - pieces[-1][0] <= _LONGEST_S * 1000:
                start_ms, _ = pieces.pop()
            pieces.append((start_ms, end_ms))
        return pieces


def _lines(engine: Any, samples: Floats) -> list[Any]:
    found: list[Any] = engine.transcribe_without_streaming(samples.tolist(), _RATE_HZ).lines
    return found


@cache
def _engine() -> tuple[Any, Any]:
    """What finds speech, and what finds words in it, or in anything else."""
    try:
        from moonshine_voice import ModelArch, Transcriber  # noqa: PLC0415 - needs the extra
        from moonshine_voice.utils import get_model_path  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as missing:
        raise EarsMissing(
            f"Ears for every voice need {missing.name}: pip install 'interlude[ears]', or run "
            "make .venv-ears."
        ) from missing
    path = str(get_model_path("tiny-en"))
    return (
        Transcriber(path, ModelArch.TINY, options=_DETECTOR),
        Transcriber(path, ModelArch.TINY, options={"vad_threshold": 0}),
    )
