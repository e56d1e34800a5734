"""G.711: a byte for each sample at 8 kHz; speech at any level is about 37 dB above its noise."""

import audioop

from bridge.audio.pcm import SAMPLE_BYTES


def to_ulaw(pcm: bytes) -> bytes:
    """PCM16, as North America and Japan code it."""
    return audioop.lin2ulaw(pcm, SAMPLE_BYTES)


def from_ulaw(data: bytes) -> bytes:
    """Return the PCM16 of mu-law."""
    return audioop.ulaw2lin(data, SAMPLE_BYTES)


def to_alaw(pcm: bytes) -> bytes:
    """PCM16, as the rest of the world codes it."""
    return audioop.lin2alaw(pcm, SAMPLE_BYTES)


def from_alaw(data: bytes) -> bytes:
    """Return the PCM16 of A-law, which has no zero: silence is 8."""
    return audioop.alaw2lin(data, SAMPLE_BYTES)
