"""The quality of a telephone line: what becomes of a voice on its way."""

import audioop
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from bridge.audio.g711 import from_ulaw, to_ulaw
from bridge.audio.pcm import SAMPLE_BYTES, frame_bytes
from bridge.audio.resample import Resampler

_RATE_HZ = 8_000
_BAND_HZ = (300, 3_400)
_FALL_HZ = 200
"""Within so much outside the band, a tone has lost what the stopband says."""
_STOPBAND_DB = 40
_KAISER = 3.4
"""The window's shape for that stopband."""
_CONCEALED = 0.5
"""A lost packet sounds like the one before it, at this share of its amplitude."""

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LineQuality:
    """How well a line carries, the same both ways; as it stands, it changes nothing."""

    g711: bool = False
    """300 to 3400 Hz, 8 kHz, mu-law: what is left of a voice in the telephone network. It comes
    about 15 ms later."""
    loss: float = 0.0
    """Share of packets that do not arrive, from 0 to below 1; a packet is 20 ms."""
    burst: float = 1.0
    """How many packets are lost in a row on average, 1 or more."""
    gain_db: float = 0.0
    """Louder or, below 0, softer; what is too loud is clipped."""

    def __post_init__(self) -> None:
        if not 0 <= self.loss < 1 or self.burst < 1:
            raise ValueError(f"Loss is 0 to below 1, and bursts are 1 or more: {self}")


PERFECT = LineQuality()


class Passage:
    """One direction of one call, 20 ms of PCM16 at a time; the same seed loses the same packets."""

    def __init__(self, quality: LineQuality, rate_hz: int, seed: int = 0) -> None:
        self._quality = quality
        self._narrow = Resampler(rate_hz, _RATE_HZ)
        self._widen = Resampler(_RATE_HZ, rate_hz)
        self._history = np.zeros(len(_band()) - 1)
        self._dice = np.random.default_rng(seed)
        self._lost = False
        self._last = b""

    def __call__(self, frame: bytes) -> bytes:
        """Return what arrives in place of a frame."""
        quality = self._quality
        if quality == PERFECT:
            return frame
        packet = audioop.mul(frame, SAMPLE_BYTES, 10 ** (quality.gain_db / 20))
        if not quality.g711:
            return self._delivered(packet)
        samples = np.frombuffer(self._narrow(packet), "<i2")
        stream: Samples = np.concatenate((self._history, samples))
        self._history = stream[len(samples) :]
        narrow = np.convolve(stream, _band(), "valid").clip(-32768, 32767)
        coded = to_ulaw(np.rint(narrow).astype("<i2").tobytes())
        return self._widen(self._delivered(from_ulaw(coded)))

    def _delivered(self, packet: bytes) -> bytes:
        """Lose packets in bursts (Gilbert's model), and conceal that as telephones do."""
        loss, burst = self._quality.loss, self._quality.burst
        chance = 1 - 1 / burst if self._lost else loss / (burst * (1 - loss))
        self._lost = self._dice.random() < chance
        concealed = audioop.mul(self._last, SAMPLE_BYTES, _CONCEALED).ljust(len(packet), b"\0")
        self._last = concealed if self._lost else packet
        return self._last


def carried(pcm: bytes, rate_hz: int, quality: LineQuality, seed: int = 0) -> bytes:
    """Return what arrives of a sound; PCM16, as long as `pcm` but for a last begun frame."""
    passage, size = Passage(quality, rate_hz, seed), frame_bytes(rate_hz)
    whole = range(0, len(pcm) - size + 1, size)
    return b"".join(passage(pcm[start : start + size]) for start in whole)


@cache
def _band() -> Samples:
    """A band-pass with a Kaiser window."""
    order = int(np.ceil((_STOPBAND_DB - 8) * _RATE_HZ / (2.285 * 2 * np.pi * _FALL_HZ))) // 2 * 2
    at = np.arange(order + 1) - order / 2
    low, high = (2 * hz / _RATE_HZ for hz in _BAND_HZ)
    band: Samples = high * np.sinc(high * at) - low * np.sinc(low * at)
    return band * np.kaiser(order + 1, _KAISER)
