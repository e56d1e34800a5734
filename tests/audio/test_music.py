"""Music under speech: it rises and falls without a click, is soft under words, and repeats."""

import numpy as np
import numpy.typing as npt
import pytest

from bridge.audio.music import FADE_MS, UNDER_SPEECH, Music
from bridge.audio.pcm import FRAME_MS, frame_bytes

Sound = npt.NDArray[np.int16]

RATE = 16_000
FRAME = frame_bytes(RATE) // 2
SILENCE = bytes(2 * FRAME)


def steady(level: int, frames: float) -> bytes:
    return np.full(int(FRAME * frames), level, "<i2").tobytes()


def heard(music: Music, frames: int, frame: bytes = b"") -> Sound:
    sound = b"".join(music.under(frame, speech=bool(frame)) for _ in range(frames))
    return np.frombuffer(sound, "<i2")


def risen(pcm: bytes, times: int | None = None) -> Music:
    music = Music(pcm, RATE, times)
    music.begin()
    heard(music, FADE_MS // FRAME_MS)
    return music


def steepest(sound: Sound) -> int:
    return int(np.abs(np.diff(sound.astype(int))).max())


def test_it_rises_and_fades_within_60_ms_without_a_step() -> None:
    music = Music(steady(9_600, 10), RATE)
    music.begin()
    rising = heard(music, 3)
    assert rising[0] == 0
    assert rising[-1] == pytest.approx(9_600, abs=1)
    assert (heard(music, 4) == 9_600).all()
    music.fade()
    falling = heard(music, 3)
    assert falling[-1] == 0
    assert max(steepest(rising), steepest(falling)) <= 9_600 / (RATE * FADE_MS / 1000) + 2
    assert music.is_over


def test_it_gives_way_to_words_and_comes_back() -> None:
    music = risen(steady(10_000, 10))
    under = heard(music, 5, SILENCE)
    assert under[-1] == pytest.approx(10_000 * UNDER_SPEECH, abs=1)
    assert steepest(under) < 20
    assert heard(music, 5)[-1] == pytest.approx(10_000, abs=1)


def test_words_are_heard_over_it_to_the_sample() -> None:
    words = np.arange(FRAME, dtype="<i2").tobytes()
    music = risen(steady(10_000, 10))
    heard(music, 3, SILENCE)
    assert heard(music, 1, words).tolist() == [2_000 + n for n in range(FRAME)]


def test_loud_words_over_loud_music_stop_at_full_scale() -> None:
    music = risen(steady(32_000, 10))
    assert heard(music, 1, steady(32_000, 1)).max() == 32_767


def test_it_repeats_without_a_gap() -> None:
    tune = np.arange(1, 1 + FRAME + 7, dtype="<i2")
    music = risen(tune.tobytes())
    sound = heard(music, 20)
    at = 3 * FRAME
    assert sound.tolist() == [int(tune[(at + n) % len(tune)]) for n in range(len(sound))]


def test_it_is_over_after_so_many_times() -> None:
    music = Music(steady(5_000, 2.5), RATE, times=2)
    music.begin()
    sound = heard(music, 5)
    assert (sound[4 * FRAME : 5 * FRAME] == 5_000).all()
    assert music.is_over
    assert not heard(music, 1).any()


def test_it_goes_on_where_it_was_interrupted() -> None:
    tune = np.arange(1, 1 + 50 * FRAME, dtype="<i2")
    music = risen(tune.tobytes())
    music.begin()
    assert heard(music, 4)[-1] == tune[7 * FRAME - 1]
