"""G.711 as ITU-T writes it down, against tables worked out here."""

from collections.abc import Callable

import numpy as np
import pytest

from bridge.audio.g711 import from_alaw, from_ulaw, to_alaw, to_ulaw
from tests.audio.tones import snr_db, tone

Codec = Callable[[bytes], bytes]

CODES = bytes(range(256))


def ulaw(code: int) -> int:
    """Value of a code on the scale of 16 bits: G.711, table 2, times 4."""
    code ^= 0xFF
    size = ((2 * (code & 15) + 33) << (code >> 4 & 7)) - 33
    return -4 * size if code & 0x80 else 4 * size


def alaw(code: int) -> int:
    """Value of a code on the scale of 16 bits: G.711, table 1, times 8."""
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 15
    size = (2 * step + 33) << (segment - 1) if segment else 2 * step + 1
    return 8 * size if code & 0x80 else -8 * size


@pytest.mark.parametrize(("decode", "law"), [(from_ulaw, ulaw), (from_alaw, alaw)])
def test_every_code_has_its_value(decode: Codec, law: Callable[[int], int]) -> None:
    assert np.frombuffer(decode(CODES), "<i2").tolist() == [law(code) for code in CODES]


@pytest.mark.parametrize(("encode", "decode"), [(to_ulaw, from_ulaw), (to_alaw, from_alaw)])
def test_what_was_decoded_is_coded_as_it_was(encode: Codec, decode: Codec) -> None:
    pcm = decode(CODES)
    assert decode(encode(pcm)) == pcm
    assert len(encode(pcm)) == 256


@pytest.mark.parametrize(("encode", "decode"), [(to_ulaw, from_ulaw), (to_alaw, from_alaw)])
@pytest.mark.parametrize("hz", [301, 997, 3001, 3397])
def test_a_tone_keeps_what_a_byte_can_hold(encode: Codec, decode: Codec, hz: int) -> None:
    heard = snr_db(decode(encode(tone(hz, 1, 8_000))), hz, 8_000)
    assert heard.snr_db >= 35
    assert abs(heard.gain_db) <= 0.05
