"""Lengths and levels of PCM16: signed 16-bit little-endian samples, one channel."""

import audioop
import math

SAMPLE_BYTES = 2
FRAME_MS = 20
"""Length of a frame on the telephone side, as ACS sends and expects them."""


def samples_in(ms: float, rate_hz: int) -> int:
    """Whole samples in `ms` milliseconds."""
    return int(ms * rate_hz / 1000)


def frame_bytes(rate_hz: int) -> int:
    """Bytes in one 20 ms frame: 640 at 16 kHz, 960 at 24 kHz."""
    return samples_in(FRAME_MS, rate_hz) * SAMPLE_BYTES


def duration_ms(pcm: bytes | bytearray | memoryview, rate_hz: int) -> float:
    """Milliseconds that `pcm` plays for."""
    return len(pcm) * 1000 / (SAMPLE_BYTES * rate_hz)


def silence(ms: float, rate_hz: int) -> bytes:
    """Digital silence."""
    return bytes(samples_in(ms, rate_hz) * SAMPLE_BYTES)


def level_dbfs(pcm: bytes) -> float:
    """Root-mean-square level; a full-scale square wave is 0 dBFS, silence is minus infinity."""
    rms = audioop.rms(pcm, SAMPLE_BYTES)
    return 20 * math.log10(rms / 32768) if rms else -math.inf
