"""Where there is sound, to the frame of 20 ms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.lab.stretch import (
    PAUSE_MS,
    Stretch,
    between,
    in_rows,
    joined,
    shared,
    sounding,
    total_ms,
)
from tests.lab.tones import RATE_HZ, track

LASTS_MS = 1_000
stretches = st.lists(
    st.tuples(st.integers(0, LASTS_MS), st.integers(0, LASTS_MS))
    .filter(lambda ends: ends[0] < ends[1])
    .map(lambda ends: Stretch(*ends))
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(15, 60), st.integers(1, 60)), max_size=8))
def test_tones_are_found_where_they_are(frames: list[tuple[int, int]]) -> None:
    at, tones = 0, []
    for pause, tone in frames:
        at += pause
        tones.append((at, at + tone))
        at += tone
    pcm = track(at / 50 + 1, *((start / 50, end / 50) for start, end in tones))
    assert sounding(pcm, RATE_HZ) == [Stretch(start * 20, end * 20) for start, end in tones]


def test_a_pause_within_words_is_no_silence() -> None:
    assert sounding(track(3, (1, 1.5), (1.78, 2)), RATE_HZ) == [Stretch(1_000, 2_000)]
    assert len(sounding(track(3, (1, 1.5), (1.8, 2)), RATE_HZ)) == 2
    assert PAUSE_MS == 300


@pytest.mark.parametrize("dbfs", [-70, -50, -40])
def test_the_noise_of_a_line_is_not_taken_for_a_voice(dbfs: int) -> None:
    voice = np.frombuffer(track(5, (2, 3)), "<i2")
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (dbfs / 20), len(voice))
    pcm = (voice + noise).astype("<i2").tobytes()
    assert sounding(pcm, RATE_HZ) == [Stretch(2_000, 3_000)]


def test_sound_without_a_pause_is_no_noise() -> None:
    assert sounding(track(5, (0, 5)), RATE_HZ) == [Stretch(0, 5_000)]
    assert sounding(track(5), RATE_HZ) == []
    assert sounding(b"", RATE_HZ) == []


@settings(deadline=None)
@given(stretches)
def test_sound_and_what_is_between_make_up_the_call(sounds: list[Stretch]) -> None:
    whole, rest = joined(sounds, 0), between(sounds, LASTS_MS)
    assert total_ms(whole) + total_ms(rest) == LASTS_MS
    assert shared(whole, rest) == []
    assert joined([*whole, *rest], 1) == [Stretch(0, LASTS_MS)]


@settings(deadline=None)
@given(stretches, stretches)
def test_what_two_share_is_the_same_from_both_sides(a: list[Stretch], b: list[Stretch]) -> None:
    ours, theirs = joined(a, 0), joined(b, 0)
    together = sorted(shared(ours, theirs), key=lambda each: each.start_ms)
    assert together == sorted(shared(theirs, ours), key=lambda each: each.start_ms)
    assert total_ms(joined([*a, *b], 0)) == total_ms(ours) + total_ms(theirs) - total_ms(together)


@settings(deadline=None)
@given(stretches)
def test_in_no_row_two_overlap_and_no_row_could_be_spared(sounds: list[Stretch]) -> None:
    rows = in_rows(sounds)
    for row in rows:
        assert total_ms(row) == total_ms(joined(row, 0))
    at_once = (sum(s.start_ms <= each.start_ms < s.end_ms for s in sounds) for each in sounds)
    assert len(rows) == max(at_once, default=0)
