"""The recogniser hears strangers, and admits that it is not sure."""

import asyncio
import wave
from dataclasses import replace

import numpy as np
import pytest

from bench.ears import LINE, errors
from bridge.audio.pcm import silence
from bridge.audio.resample import Resampler
from bridge.audio.tones import information_tone
from bridge.lab import piper
from bridge.lab.quality import carried
from bridge.lab.recogniser import Recogniser
from bridge.lab.sounds import cough, noise
from bridge.lab.speech import RATE_HZ, Studio, transcript
from bridge.lab.spelling import spelled

from .conftest import JOE

pytestmark = pytest.mark.usefixtures("ears")
QUESTION = "I want to speak to a person, please."
PAUSE = silence(500, RATE_HZ)
BECKETT = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
DICKENS = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of
Light, it was the season of Darkness, it was the spring of hope, it was the winter of despair, we
had everything before us, we had nothing before us, we were all going direct to Heaven, we were all
going direct the other way. In short, the period was so far like the present period, that some of
its noisiest authorities insisted on its being received, for good or for evil, in the superlative
degree of comparison only."""
"""What people say in recordings that come with the engine."""


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
    heard = await ears.recognise(carried(question, RATE_HZ, LINE), RATE_HZ)
    assert spelled(transcript(heard)) == spelled(QUESTION)


@pytest.mark.parametrize(
    ("recording", "text", "least"), [("beckett", BECKETT, 1.0), ("two_cities", DICKENS, 0.85)]
)
async def test_people_are_understood_over_a_telephone_line(
    ears: Recogniser, recording: str, text: str, least: float
) -> None:
    """One speaks for 44 s without a pause, which the model must not be given in one piece."""
    from moonshine_voice.utils import get_assets_path  # noqa: PLC0415 - needs the extra

    with wave.open(str(get_assets_path() / f"{recording}.wav")) as file:
        resample = Resampler(file.getframerate(), RATE_HZ)
        sound = resample(file.readframes(file.getnframes())) + resample.flush()
    heard = transcript(await ears.recognise(carried(sound, RATE_HZ, LINE), RATE_HZ))
    assert 1 - errors(text, heard) / len(spelled(text)) >= least


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
