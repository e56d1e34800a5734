"""WAV files of 16 bits."""

import io
import wave
from pathlib import Path

import numpy as np

from bridge.audio.pcm import SAMPLE_BYTES
from bridge.audio.resample import Resampler


def stereo(left: bytes, right: bytes, rate_hz: int) -> bytes:
    """Return a file of two channels of PCM16, equally long."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(rate_hz)
        channels = [np.frombuffer(pcm, "<i2") for pcm in (left, right)]
        sound.writeframes(np.stack(channels, axis=1).tobytes())
    return file.getvalue()


def both_sides(path: Path) -> tuple[int, bytes, bytes]:
    """The rate, the left channel and the right one, of such a file."""
    with wave.open(str(path)) as sound:
        sides = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)
        return sound.getframerate(), sides[:, 0].tobytes(), sides[:, 1].tobytes()


def mono(file: bytes, rate_hz: int) -> bytes:
    """Return the sound of a file, PCM16 on one channel, at `rate_hz`.

    Raises:
        wave.Error, EOFError: it is another kind of file.
    """
    with wave.open(io.BytesIO(file)) as sound:
        if (sound.getnchannels(), sound.getsampwidth()) != (1, SAMPLE_BYTES):
            raise wave.Error("not PCM16 on one channel")
        resampler = Resampler(sound.getframerate(), rate_hz)
        return resampler(sound.readframes(sound.getnframes())) + resampler.flush()
