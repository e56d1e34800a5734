"""WAV files of calls: PCM16, caller left, agent right."""

import wave
from pathlib import Path
from typing import IO

import numpy as np

from bridge.audio.pcm import SAMPLE_BYTES


def write_wav(file: Path | IO[bytes], rate_hz: int, caller: bytes, agent: bytes) -> None:
    """Write both sides, which are as long as each other."""
    with wave.open(str(file) if isinstance(file, Path) else file, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(SAMPLE_BYTES)
        wav.setframerate(rate_hz)
        sides = [np.frombuffer(pcm, "<i2") for pcm in (caller, agent)]
        wav.writeframes(np.stack(sides, axis=1).tobytes())


def read_wav(path: Path) -> tuple[int, bytes, bytes]:
    """The rate, what the caller said, and what they heard."""
    with wave.open(str(path)) as wav:
        sides = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2)
        return wav.getframerate(), sides[:, 0].tobytes(), sides[:, 1].tobytes()
