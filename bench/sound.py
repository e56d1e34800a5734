"""Sound that says which frame it is, before and after a resampler.

A frame holds one level from its first sample to its last, and the level counts frames. A resampler
changes the edges and leaves the middle alone, so the middle is what is read.
"""

import binascii
from functools import cache

FRAME_S = 0.02
LEVELS = 256
SILENCE = LEVELS // 2
"""The mark of digital silence, as a resampler adds it behind the end of a stream."""

_STEP = 240
"""Between two levels; rounding and the ripple of a filter stay far below half of it."""


def frame_bytes(rate_hz: int) -> int:
    """Bytes in 20 ms of PCM16."""
    return rate_hz // 50 * 2


def marked(number: int, rate_hz: int) -> bytes:
    """PCM16 of frame `number`; counting starts again after 256 frames, 5.12 s."""
    level = (number % LEVELS - SILENCE) * _STEP
    return level.to_bytes(2, "little", signed=True) * (rate_hz // 50)


@cache
def speech(first: int, frames: int, rate_hz: int) -> str:
    """Base64 of consecutive frames, `first` being the mark of the first."""
    pcm = b"".join(marked(first + number, rate_hz) for number in range(frames))
    return binascii.b2a_base64(pcm, newline=False).decode()


def marks(message: bytes, key: bytes, rate_hz: int) -> list[int]:
    """The marks of the frames in a JSON message, whose audio is the text under `key`.

    Only a few characters are decoded, so that hearing costs less than what is measured.
    """
    start = message.index(b'"', message.index(key) + len(key)) + 1
    end = message.index(b'"', start)
    size = frame_bytes(rate_hz)
    count = max(1, round((end - start) * 3 / 4 / size))
    found = []
    for number in range(count):
        middle = number * size + size // 4 * 2
        group = middle // 3
        if start + 4 * group >= end:  # a frame of another rate: a relay converts nothing
            break
        pcm = binascii.a2b_base64(message[start + 4 * group : start + 4 * group + 8])
        at = middle - 3 * group
        level = int.from_bytes(pcm[at : at + 2], "little", signed=True)
        found.append(round(level / _STEP) + SILENCE)
    return found
