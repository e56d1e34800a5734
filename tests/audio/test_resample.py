"""Resampling is judged by ear: fitted sines, not lengths alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio.pcm import frame_bytes, silence
from bridge.audio.resample import Resampler
from tests.audio.tones import AMPLITUDE, snr_db, tone

DOWN = [(24_000, 16_000), (24_000, 8_000), (16_000, 8_000)]
UP = [(high, low)[::-1] for high, low in DOWN]
CLIPS = [(48_000, 24_000), (48_000, 16_000)]
FLAT_TO_HZ = {8_000: 3_400, 16_000: 7_000, 24_000: 7_000}
STOP_HZ = {8_000: 4_200, 16_000: 8_400}
MOST_DELAY_MS = {8_000: 3.5, 16_000: 2.0}

Pair = tuple[int, int]

every_pair = pytest.mark.parametrize("pair", DOWN + UP, ids=str)


def converted(hz: float, pair: Pair, seconds: float = 0.5) -> bytes:
    """A tone of -3 dBFS after it went through frame by frame, without the first 100 ms."""
    (from_hz, to_hz), resampler = pair, Resampler(*pair)
    pcm, frame = tone(hz, seconds, from_hz), frame_bytes(from_hz)
    frames = [resampler(pcm[start : start + frame]) for start in range(0, len(pcm), frame)]
    assert {len(out) for out in frames} == {frame_bytes(to_hz)}, "20 ms in, 20 ms out"
    return b"".join(frames[5:])


@pytest.mark.parametrize("pair", DOWN + UP + CLIPS, ids=str)
@pytest.mark.parametrize("hz", [301, 997, 3001, 3397, 6997])
def test_a_tone_comes_out_clean(pair: Pair, hz: int) -> None:
    if hz <= FLAT_TO_HZ[min(pair)]:
        assert snr_db(converted(hz, pair, 2), hz, pair[1]).snr_db >= 86


@every_pair
def test_no_tone_is_louder_than_another(pair: Pair) -> None:
    tones = np.linspace(300, FLAT_TO_HZ[min(pair)], 25)
    gains = [snr_db(converted(hz, pair), hz, pair[1]).gain_db for hz in tones]
    assert max(map(abs, gains)) <= 0.05


@pytest.mark.parametrize("pair", DOWN, ids=str)
def test_what_the_lower_rate_cannot_carry_is_removed(pair: Pair) -> None:
    for hz in range(STOP_HZ[pair[1]], pair[0] // 2, 45):
        heard = np.frombuffer(converted(hz, pair), "<i2").std()
        sent = AMPLITUDE * 32767 / 2**0.5
        assert 20 * np.log10(heard / sent) <= -85, f"{hz} Hz"


@pytest.mark.parametrize("pair", UP, ids=str)
def test_what_the_lower_rate_did_not_carry_is_not_added(pair: Pair) -> None:
    from_hz, to_hz = pair
    for hz in range(301, from_hz - STOP_HZ[from_hz], 45):
        heard = converted(hz, pair)
        for image_hz in (from_hz - hz, from_hz + hz):
            if image_hz < to_hz / 2:
                assert snr_db(heard, image_hz, to_hz, hz).gain_db <= -85, f"{hz} Hz"


@every_pair
def test_nothing_comes_much_later(pair: Pair) -> None:
    low, high = (snr_db(converted(hz, pair), hz, pair[1]) for hz in (1_000, 1_050))
    # At 100 ms, where both were cut, each began a turn; a delay of 20 ms parts them by one turn.
    delay_ms = -(high.phase - low.phase) / (2 * np.pi) * 20 % 20
    assert 0 < delay_ms <= MOST_DELAY_MS[min(pair)]


@given(cuts=st.lists(st.integers(0, 9_600), max_size=12), pair=st.sampled_from(DOWN + UP))
def test_how_the_stream_is_cut_cannot_be_heard(cuts: list[int], pair: Pair) -> None:
    pcm = tone(997, 0.2, pair[0])
    bounds = [0, *sorted(2 * (cut // 2) for cut in cuts if cut <= len(pcm)), len(pcm)]
    whole, pieces = Resampler(*pair), Resampler(*pair)
    once = np.frombuffer(whole(pcm), "<i2").astype(int)
    cut = b"".join(pieces(pcm[a:b]) for a, b in pairwise(bounds))
    assert np.abs(np.frombuffer(cut, "<i2").astype(int) - once).max() <= 1


@every_pair
def test_a_long_recording_sounds_as_its_frames_do(pair: Pair) -> None:
    pcm = tone(997, 1.5, pair[0])
    at_once = np.frombuffer(Resampler(*pair)(pcm), "<i2").astype(int)
    assert len(at_once) == 1.5 * pair[1]
    in_frames = np.frombuffer(converted(997, pair, 1.5), "<i2")
    assert np.abs(at_once[-len(in_frames) :] - in_frames).max() <= 1


@every_pair
def test_too_loud_a_sound_is_clipped_and_does_not_wrap(pair: Pair) -> None:
    square = np.repeat(np.tile([32_767, -32_768], 20), 120).astype("<i2")
    heard = np.frombuffer(Resampler(*pair)(square.tobytes()), "<i2")
    assert (heard.min(), heard.max()) == (-32_768, 32_767)
    assert (np.diff(np.sign(heard[np.abs(heard.astype(int)) > 16_000])) != 0).sum() == 39


def test_equal_rates_pass_untouched() -> None:
    same, pcm = Resampler(24_000, 24_000), tone(440, 0.02, 24_000)
    assert same(pcm) is pcm
    assert same.flush() == b""


@every_pair
def test_flushing_returns_the_held_back_end_and_starts_afresh(pair: Pair) -> None:
    from_hz, to_hz = pair
    resampler = Resampler(*pair)
    click = np.zeros(from_hz // 50 - 5, "<i2")
    click[-3:] = 20_000
    assert np.abs(np.frombuffer(resampler(click.tobytes()), "<i2")).max() < 2_000
    assert np.abs(np.frombuffer(resampler.flush(), "<i2")).max() > 10_000
    assert resampler(silence(20, from_hz)) == silence(20, to_hz)
