"""The tone that needs no language: three steps up."""

from itertools import pairwise

import pytest

from bridge.audio.pcm import duration_ms, level_dbfs, samples_in
from bridge.audio.tones import information_tone
from tests.audio.tones import loudest_hz, snr_db

PARTS_HZ = (950, 1400, 1800)
"""ITU-T E.180, each within 50 Hz and for 330 ms, within 70."""


def parts(rate_hz: int) -> list[bytes]:
    """The tone, a third at a time."""
    tone, size = information_tone(rate_hz), samples_in(330, rate_hz) * 2
    return [tone[start : start + size] for start in range(0, len(tone), size)]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000])
def test_three_rising_tones_of_a_third_of_a_second_each(rate_hz: int) -> None:
    assert duration_ms(information_tone(rate_hz), rate_hz) == 990
    heard_hz = [loudest_hz(part, rate_hz) for part in parts(rate_hz)]
    assert heard_hz == pytest.approx(PARTS_HZ, abs=1)
    assert all(low < high for low, high in pairwise(heard_hz))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000])
def test_each_of_them_is_pure_from_its_beginning_to_its_end(rate_hz: int) -> None:
    for part, hz in zip(parts(rate_hz), PARTS_HZ, strict=True):
        assert snr_db(part, hz, rate_hz).snr_db > 60


@pytest.mark.parametrize("rate_hz", [16_000, 24_000])
def test_they_are_as_loud_as_speech_and_not_louder(rate_hz: int) -> None:
    for part in parts(rate_hz):
        assert level_dbfs(part) == pytest.approx(-15, abs=0.2)
