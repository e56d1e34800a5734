"""Keys of a telephone: how they sound, and their names in Call Automation."""

import numpy as np

from bridge.audio.pcm import samples_in

_LOW_HZ = (697, 770, 852, 941)
_HIGH_HZ = (1209, 1336, 1477, 1633)
_ROWS = ("123a", "456b", "789c", "*0#d")
"""Both frequencies of each key; ITU-T Q.23."""
_LASTS_MS = 100
_LEVEL_DBFS = -10
WORDS = dict(
    zip(
        "0123456789*#",
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
            *("asterisk", "pound"),
        ),
        strict=True,
    )
)
"""Microsoft's reference; `a` to `d` are their own names."""


def sound(key: str, rate_hz: int) -> bytes:
    """Return 100 ms of a key: two sines of one level, -10 dBFS together."""
    (row, column) = next((row, line.index(key)) for row, line in enumerate(_ROWS) if key in line)
    return sines((_LOW_HZ[row], _HIGH_HZ[column]), _LASTS_MS, rate_hz, level_dbfs=_LEVEL_DBFS)


def sines(frequencies_hz: tuple[int, ...], ms: float, rate_hz: int, *, level_dbfs: float) -> bytes:
    """Return sines of one level, all at once; `level_dbfs` is that of the sum."""
    at_s = np.arange(samples_in(ms, rate_hz)) / rate_hz
    amplitude = 32768 * 10 ** (level_dbfs / 20) * np.sqrt(2 / len(frequencies_hz))
    waves = sum(np.sin(2 * np.pi * hz * at_s) for hz in frequencies_hz)
    pcm: bytes = np.rint(amplitude * waves).astype("<i2").tobytes()
    return pcm
