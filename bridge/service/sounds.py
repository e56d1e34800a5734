"""Sounds of the flows that ACS itself plays."""

import io
import wave
from pathlib import Path

from bridge.audio.pcm import SAMPLE_BYTES
from bridge.service.prompts import read_wav

_RATE_HZ = 16_000
"""What ACS plays: WAV, PCM16, one channel, 16 kHz (Microsoft's page on playing audio)."""
_LONGEST_HOLD_S = 180
"""Longer than a colleague may ring and hear what the call is about, twice."""


def hold_music(path: Path) -> bytes:
    """A sound over and over, as a WAV file; whether ACS repeats it by itself is not documented.

    Raises:
        OSError: there is no such file; one of `SPOILT` where it cannot be played.
    """
    once = read_wav(path, _RATE_HZ, repeats=True)
    times = -(-_LONGEST_HOLD_S * _RATE_HZ * SAMPLE_BYTES // len(once))
    file = io.BytesIO()
    with wave.open(file, "wb") as music:
        music.setnchannels(1)
        music.setsampwidth(SAMPLE_BYTES)
        music.setframerate(_RATE_HZ)
        music.writeframes(once * times)
    return file.getvalue()
