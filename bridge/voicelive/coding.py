"""How Voice Live's wire carries sound; on this side of it, all sound is PCM16."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azure.ai.voicelive.models import InputAudioFormat, OutputAudioFormat

from bridge.audio.g711 import from_alaw, from_ulaw, to_alaw, to_ulaw
from bridge.audio.pcm import SAMPLE_BYTES
from bridge.flow.callflow import Callflow


@dataclass(frozen=True)
class Coding:
    """One way to carry sound, the same in both directions."""

    input_format: InputAudioFormat
    output_format: OutputAudioFormat
    """Of PCM16 it names the rate, too; `pcm16` alone is 24 kHz."""
    rate_hz: int
    sample_bytes: int = SAMPLE_BYTES
    """Bytes of one sample on the wire."""
    encode: Callable[[bytes], bytes] = bytes
    """From PCM16 to what the wire carries."""
    decode: Callable[[bytes], bytes] = bytes
    """From whole samples of the wire to PCM16."""


_CODINGS: Mapping[str, Coding] = {
    "pcm16_8000hz": Coding(InputAudioFormat.PCM16, OutputAudioFormat.PCM16_8000_HZ, 8_000),
    "pcm16_16000hz": Coding(InputAudioFormat.PCM16, OutputAudioFormat.PCM16_16000_HZ, 16_000),
    "pcm16_24000hz": Coding(InputAudioFormat.PCM16, OutputAudioFormat.PCM16, 24_000),
    "g711_ulaw": Coding(
        InputAudioFormat.G711_ULAW, OutputAudioFormat.G711_ULAW, 8_000, 1, to_ulaw, from_ulaw
    ),
    "g711_alaw": Coding(
        InputAudioFormat.G711_ALAW, OutputAudioFormat.G711_ALAW, 8_000, 1, to_alaw, from_alaw
    ),
}


def coding_of(flow: Callflow) -> Coding:
    """What the flow's `voice_audio` names, or PCM16 at its telephone's rate."""
    return _CODINGS[flow.voice_audio or f"pcm16_{flow.phone_rate_hz}hz"]
