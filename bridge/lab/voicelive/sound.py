"""The audio formats of a session, to and from PCM16."""

import audioop
from dataclasses import dataclass
from typing import Literal

from bridge.audio.pcm import SAMPLE_BYTES

INPUT_RATES_HZ = (8_000, 16_000, 24_000)


@dataclass(frozen=True)
class Format:
    """How one direction carries its sound: PCM16, or G.711 by one of its laws."""

    rate_hz: int
    law: Literal["u", "a"] | None = None

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample on the wire."""
        return 1 if self.law else SAMPLE_BYTES

    def encode(self, pcm: bytes) -> bytes:
        """PCM16 at `rate_hz`, as it goes on the wire."""
        match self.law:
            case "u":
                return audioop.lin2ulaw(pcm, SAMPLE_BYTES)
            case "a":
                return audioop.lin2alaw(pcm, SAMPLE_BYTES)
        return pcm

    def decode(self, data: bytes) -> bytes:
        """What came over the wire, as PCM16 at `rate_hz`."""
        match self.law:
            case "u":
                return audioop.ulaw2lin(data, SAMPLE_BYTES)
            case "a":
                return audioop.alaw2lin(data, SAMPLE_BYTES)
        return data

    def play_ms(self, data: bytes | bytearray) -> float:
        """Milliseconds that `data` plays for."""
        return len(data) * 1000 / (self.rate_hz * self.sample_bytes)


OUTPUT_FORMATS = {
    "pcm16": Format(24_000),
    "pcm16_8000hz": Format(8_000),
    "pcm16_16000hz": Format(16_000),
    "g711_ulaw": Format(8_000, "u"),
    "g711_alaw": Format(8_000, "a"),
}
INPUT_FORMATS = ("pcm16", "g711_ulaw", "g711_alaw")


def input_format(name: str, pcm_rate_hz: int) -> Format:
    """Format of the caller's audio; G.711 has one rate."""
    return Format(pcm_rate_hz) if name == "pcm16" else OUTPUT_FORMATS[name]
