"""Sound in which every sample says its number, and a line that takes it for no words."""

import numpy as np
import numpy.typing as npt

from bridge import Callflow
from bridge.lab.voicelive import Session

LINE = "+18005550100"
RATE_HZ = 24_000
_NO_TURNS = {"turn_detection": {"type": "azure_semantic_vad", "speech_duration_ms": 3_600_000}}

Samples = npt.NDArray[np.uint16]


def line(**fields: object) -> Callflow:
    """A flow that says nothing by itself."""
    return Callflow(number=LINE, silence=None, raw=_NO_TURNS, **fields)  # type: ignore[arg-type]


def numbers(first: int, seconds: float) -> bytes:
    """From a number on that says whose they are; none is silence."""
    counted = first + np.arange(int(seconds * RATE_HZ))
    return (counted % 65_535 + 1).astype("<u2").tobytes()


def samples(pcm: bytes | bytearray) -> Samples:
    """Without the silence before and after."""
    return np.trim_zeros(np.frombuffer(bytes(pcm), "<u2"))


def is_whole(pcm: bytes | bytearray, sent: bytes) -> bool:
    """Whether every sample is there, once, in its place."""
    return np.array_equal(samples(pcm), samples(sent))


def matches(sessions: list[Session], sent: bytes) -> list[Session]:
    """Those whose caller is heard to have sent just this."""
    return [each for each in sessions if is_whole(each.audio_received, sent)]
