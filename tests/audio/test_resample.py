"""Resampling is judged by ear: fitted sines, not lengths alone."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio.pcm import duration_ms, frame_bytes, level_dbfs, samples_in, silence
from bridge.audio.resample import Resampler
from tests.audio.tones import snr_db, tone

PAIRS = [(16_000, 24_000), (24_000, 16_000), (8_000, 24_000), (24_000, 8_000), (8_000, 16_000)]


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
@pytest.mark.parametrize("share", [0.03, 0.12, 0.4, 0.86])
def test_a_tone_comes_out_clean(from_hz: int, to_hz: int, share: float) -> None:
    hz = round(share * min(from_hz, to_hz) / 2) + 0.5
    resampler, frame = Resampler(from_hz, to_hz), frame_bytes(from_hz)
    pcm = tone(hz, 2, from_hz)
    frames = [resampler(pcm[start : start + frame]) for start in range(0, len(pcm), frame)]
    assert {len(out) for out in frames} == {frame_bytes(to_hz)}, "20 ms in, 20 ms out"
    measured = snr_db(b"".join(frames)[frame_bytes(to_hz) :], hz, to_hz)
    assert measured.snr_db >= 86
    assert abs(measured.gain_db) <= 0.05


@pytest.mark.parametrize("hz", [8_501, 9_001, 10_007, 11_003])
def test_what_the_lower_rate_cannot_carry_is_removed(hz: float) -> None:
    out = Resampler(24_000, 16_000)(tone(hz, 1, 24_000))
    assert level_dbfs(out[4_000:]) <= -6 - 80


@given(cuts=st.lists(st.integers(0, 9_600), max_size=12), pair=st.sampled_from(PAIRS))
def test_how_the_stream_is_cut_cannot_be_heard(cuts: list[int], pair: tuple[int, int]) -> None:
    pcm = tone(997, 0.2, pair[0])
    bounds = [0, *sorted(2 * (cut // 2) for cut in cuts if cut <= len(pcm)), len(pcm)]
    whole, pieces = Resampler(*pair), Resampler(*pair)
    once = np.frombuffer(whole(pcm), "<i2").astype(int)
    cut = b"".join(pieces(pcm[a:b]) for a, b in pairwise(bounds))
    assert np.abs(np.frombuffer(cut, "<i2").astype(int) - once).max() <= 1


def test_equal_rates_pass_untouched() -> None:
    same, pcm = Resampler(24_000, 24_000), tone(440, 0.02, 24_000)
    assert same(pcm) is pcm
    assert same.flush() == b""


def test_flushing_returns_the_held_back_end_and_starts_afresh() -> None:
    resampler = Resampler(16_000, 24_000)
    click = np.zeros(320, "<i2")
    click[-1] = 20_000
    assert np.abs(np.frombuffer(resampler(click.tobytes()), "<i2")).max() < 2_000
    assert np.abs(np.frombuffer(resampler.flush(), "<i2")).max() > 10_000
    assert resampler(silence(20, 16_000)) == silence(20, 24_000)


def test_lengths_and_levels() -> None:
    assert (samples_in(20, 24_000), frame_bytes(16_000), frame_bytes(24_000)) == (480, 640, 960)
    assert duration_ms(silence(250, 16_000), 16_000) == 250
    square: Any = np.full(480, -32_768, "<i2")
    assert level_dbfs(square.tobytes()) == pytest.approx(0)
    assert level_dbfs(silence(20, 16_000)) == -float("inf")
