"""Sound that says which frame it is, before and after a resampler.

A frame holds one level for 12 ms, and in speech another for the rest of it: the first counts
frames, the second items. A resampler changes what follows an edge for 7 ms at most; levels are read
behind that. All of them are levels of mu-law, so that coding changes none.
"""

import binascii
from bisect import bisect
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

FRAME_S = 0.02
ITEMS = 16
"""Items that are told apart; those that follow begin again."""

_COUNTED, _READ_AT, _ITEM_AT = 0.6, 0.5, 0.95
"""In parts of a frame: how long its number sounds, and where both are read."""


def _decoded(code: int) -> int:
    """A byte of mu-law as ITU-T G.711 has it, in 16 bits."""
    exponent, mantissa = ~code >> 4 & 7, ~code & 15
    size = (mantissa * 8 + 132 << exponent) - 132
    return size if code & 0x80 else -size


_CODES = dict(sorted((_decoded(code), code) for code in range(256)))
"""By level; the later of both zeros stays."""
_LEVELS = list(_CODES)
_BETWEEN = [(low + high) / 2 for low, high in pairwise(_LEVELS)]

LEVELS = len(_LEVELS)
"""Marks, counted from 0; 5.1 s of a caller's frames."""
SILENCE = _LEVELS.index(0)
"""The mark of digital silence, as a resampler adds it behind the end of a stream."""
FIRST_MARK = SILENCE + 1
"""Of every response; no frame of a response looks like silence."""


@dataclass(frozen=True)
class Format:
    """One channel of PCM16, or of mu-law."""

    rate_hz: int
    is_ulaw: bool = False

    @cached_property
    def sample_bytes(self) -> int:
        """Bytes of one sample."""
        return 1 if self.is_ulaw else 2

    @cached_property
    def frame_bytes(self) -> int:
        """Bytes in 20 ms."""
        return self.rate_hz // 50 * self.sample_bytes

    def sample(self, mark: int) -> bytes:
        """One sample at the level of a mark."""
        level = _LEVELS[mark]
        return bytes((_CODES[level],)) if self.is_ulaw else level.to_bytes(2, "little", signed=True)

    def mark(self, sample: bytes) -> int:
        """The mark whose level is closest to that of a sample."""
        return bisect(
            _BETWEEN,
            _decoded(sample[0]) if self.is_ulaw else int.from_bytes(sample, "little", signed=True),
        )


def marked(number: int, of: Format) -> bytes:
    """Frame `number` of a caller."""
    return of.sample(number % LEVELS) * (of.frame_bytes // of.sample_bytes)


@cache
def speech(item: int, frames: int, of: Format) -> str:
    """Base64 of all frames of one of `ITEMS` items.

    Items are marked by the loudest levels, so that no piece of them passes for silence.
    """
    samples = of.frame_bytes // of.sample_bytes
    counted = round(samples * _COUNTED)
    rest = of.sample(LEVELS - ITEMS + item) * (samples - counted)
    marks = range(FIRST_MARK, FIRST_MARK + frames)
    data = b"".join(of.sample(mark) * counted + rest for mark in marks)
    return binascii.b2a_base64(data, newline=False).decode()


def marks(message: bytes, key: bytes, of: Format) -> list[int]:
    """The marks of the frames in a JSON message, whose audio is the text under `key`.

    Only a few characters are decoded, so that hearing costs less than what is measured.
    """
    return _read(message, key, of, _READ_AT)


def item(message: bytes, key: bytes, of: Format) -> int | None:
    """Which item the first frame of a message is of; None for silence."""
    mark = _read(message, key, of, _ITEM_AT)[0]
    return max(0, mark - (LEVELS - ITEMS)) if mark != SILENCE else None


def _read(message: bytes, key: bytes, of: Format, at: float) -> list[int]:
    start = message.index(b'"', message.index(key) + len(key)) + 1
    end = message.index(b'"', start)
    size, width = of.frame_bytes, of.sample_bytes
    count = max(1, round((end - start) * 3 / 4 / size))
    found = []
    for number in range(count):
        place = number * size + int(size / width * at) * width
        group = place // 3
        if start + 4 * group >= end:  # a frame of another rate: a relay converts nothing
            break
        data = binascii.a2b_base64(message[start + 4 * group : start + 4 * group + 8])
        found.append(of.mark(data[place - 3 * group :][:width]))
    return found
