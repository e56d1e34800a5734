"""The recogniser hears strangers, and admits that it is not sure."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from bridge.audio.pcm import silence
from bridge.audio.resample import Resampler
from bridge.audio.tones import information_tone
from bridge.lab import piper
from bridge.lab.quality import LineQuality, carried
from bridge.lab.recogniser import Recogniser
from bridge.lab.sounds import cough, noise
from bridge.lab.speech import RATE_HZ, Studio, transcript
from bridge.lab.spelling import spelled

from .conftest import JOE

pytestmark = pytest.mark.usefixtures("ears")
QUESTION = "I want to speak to a person, please."
PAUSE = silence(500, RATE_HZ)


@pytest.fixture
async def question(studio: Studio) -> bytes:
    return PAUSE + await studio.speak(QUESTION, JOE) + PAUSE


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000])
async def test_a_stranger_is_understood_at_every_rate(
    ears: Recogniser, question: bytes, rate_hz: int
) -> None:
    resample = Resampler(RATE_HZ, rate_hz)
    (heard,) = await ears.recognise(resample(question) + resample.flush(), rate_hz)
    assert spelled(heard.text) == spelled(QUESTION)
    assert heard.start_ms == pytest.approx(500, abs=300)
    assert heard.end_ms == pytest.approx(len(question) / 32 - 500, abs=500)


async def test_a_stranger_is_understood_over_a_telephone_line(
    ears: Recogniser, question: bytes
) -> None:
    heard = await ears.recognise(carried(question, RATE_HZ, LineQuality(g711=True)), RATE_HZ)
    assert spelled(transcript(heard)) == spelled(QUESTION)


async def test_sentences_are_lines_of_their_own_only_after_a_pause(
    ears: Recogniser, studio: Studio, question: bytes
) -> None:
    answer = await studio.speak("It is on its way.", JOE)
    apart = await ears.recognise(question + silence(2000, RATE_HZ) + answer + PAUSE, RATE_HZ)
    assert [line.has("on its way") for line in apart] == [False, True]
    (together,) = await ears.recognise(question[:-16_000] + answer + PAUSE, RATE_HZ)
    assert together.has(QUESTION)
    assert together.has("It is on its way.")


@pytest.mark.parametrize(
    "sound",
    [
        b"",
        silence(2000, RATE_HZ),
        noise(3000, RATE_HZ, -40),
        cough(RATE_HZ),
        information_tone(RATE_HZ),
        (8000 * np.sin(np.arange(2 * RATE_HZ) * 0.3)).astype("<i2").tobytes(),
    ],
    ids=["nothing", "silence", "noise", "cough", "information tone", "tone"],
)
async def test_what_is_no_speech_has_no_words(ears: Recogniser, sound: bytes) -> None:
    assert await ears.recognise(sound, RATE_HZ) == []


async def test_time_and_the_loop_go_on_while_it_listens(ears: Recogniser, question: bytes) -> None:
    """On the tests' clock, a moment passes for nobody while a thread works: there is no race."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    heard = await asyncio.gather(*(ears.recognise(question, RATE_HZ) for _ in range(3)))
    assert len({transcript(lines) for lines in heard}) == 1
    assert loop.time() == began_s


def test_the_model_is_loaded_once(ears: Recogniser) -> None:
    assert Recogniser()._model is ears._model


@pytest.mark.parametrize(("pitch", "speed"), [(1.25, 1.0), (1.0, 1.3), (0.85, 0.9)])
async def test_joe_speaks_as_fast_and_as_high_as_asked(
    ears: Recogniser, studio: Studio, pitch: float, speed: float
) -> None:
    plain = await studio.speak(QUESTION, JOE)
    other = await studio.speak(QUESTION, replace(JOE, pitch=pitch, speed=speed))
    assert len(other) == pytest.approx(len(plain) / speed, rel=0.15)
    assert _centre_hz(other) == pytest.approx(_centre_hz(plain) * pitch, rel=0.15)
    assert transcript(await ears.recognise(PAUSE + other + PAUSE, RATE_HZ))


def test_joe_says_the_same_in_the_same_way() -> None:
    assert piper.spoken(QUESTION, 1.0, 1.0) == piper.spoken(QUESTION, 1.0, 1.0)


async def test_joe_says_nothing_of_nothing(studio: Studio) -> None:
    assert await studio.speak(" ", JOE) == b""


def _centre_hz(pcm: bytes) -> float:
    """Centre of the spectrum up to 4 kHz."""
    power = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2").astype(float))) ** 2
    hz = np.fft.rfftfreq(len(pcm) // 2, 1 / RATE_HZ)
    low = hz < 4000
    return float((power[low] * hz[low]).sum() / power[low].sum())
