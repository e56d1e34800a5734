import numpy as np
import pytest
import webrtcvad

from bridge.audio.pcm import duration_ms, level_dbfs
from bridge.lab.sounds import cough, noise
from bridge.lab.speech import Studio, agent_mouth

RATES_HZ = [8_000, 16_000, 24_000]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
async def test_a_cough_is_taken_for_speech_and_has_no_words(studio: Studio, rate_hz: int) -> None:
    await studio.speak("Where is my order?", agent_mouth("en-US"))
    sound = cough(rate_hz)
    assert duration_ms(sound, rate_hz) == 540
    assert -30 < level_dbfs(sound) < -15
    assert studio.transcribe(sound, rate_hz) == ""
    if rate_hz != 24_000:  # the detector does not know it
        size = rate_hz // 25
        frames = [sound[at : at + size] for at in range(0, len(sound) - size, size)]
        voiced = [webrtcvad.Vad(2).is_speech(frame, rate_hz) for frame in frames]
        assert sum(voiced) > 10


def test_every_cough_of_a_seed_is_the_same() -> None:
    assert cough(16_000) == cough(16_000, seed=0) != cough(16_000, seed=1)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("dbfs", [-50, -40, -20])
def test_noise_has_the_level_that_was_asked_for(rate_hz: int, dbfs: float) -> None:
    sound = noise(1000, rate_hz, dbfs)
    assert duration_ms(sound, rate_hz) == 1000
    assert level_dbfs(sound) == pytest.approx(dbfs, abs=0.2)
    assert sound == noise(1000, rate_hz, dbfs)


def test_noise_falls_by_3_db_an_octave() -> None:
    power = np.abs(np.fft.rfft(np.frombuffer(noise(4000, 16_000, -20), "<i2"))) ** 2
    low, high = (power[hz * 4 : hz * 8].mean() for hz in (500, 1000))
    assert 10 * np.log10(low / high) == pytest.approx(3, abs=0.5)
