"""The lab's ears hear what came through, and nothing else."""

import sys

import numpy as np
import pytest

from bridge.audio.pcm import duration_ms, level_dbfs, silence
from bridge.audio.resample import Resampler
from bridge.lab.piper import VoiceMissing
from bridge.lab.speech import RATE_HZ, Studio, agent_mouth, caller_mouth

GREETING = "Thanks for calling Contoso. How can I help you today, and what is it about?"
LINE = "Let me look that up for you."
PAUSE = silence(500, RATE_HZ)


@pytest.fixture
async def takes(studio: Studio) -> list[bytes]:
    return [await studio.speak(text, agent_mouth("en-US")) for text in (GREETING, LINE)]


async def test_lines_are_heard_in_order_and_to_the_millisecond(
    studio: Studio, takes: list[bytes]
) -> None:
    greeting, line = takes
    recording = PAUSE + line + PAUSE + greeting + PAUSE + line
    heard = studio.hear(recording, RATE_HZ)
    assert [(found.text, found.complete) for found in heard] == [
        (LINE, True),
        (GREETING, True),
        (LINE, True),
    ]
    assert heard[0].start_ms == pytest.approx(500, abs=2)
    assert heard[0].end_ms == pytest.approx(500 + duration_ms(line, RATE_HZ), abs=200)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
async def test_a_line_that_is_cut_off_is_heard_up_to_there(
    studio: Studio, takes: list[bytes], share: float
) -> None:
    whole, line = takes
    cut = whole[: int(len(whole) * share) // 2 * 2]
    first, second = studio.hear(PAUSE + cut + line + PAUSE, RATE_HZ)
    assert (first.text, first.complete) == (GREETING, False)
    assert first.end_ms - 500 == pytest.approx(duration_ms(cut, RATE_HZ), abs=300)
    assert (second.text, second.complete) == (LINE, True)


async def test_a_change_of_rate_on_the_way_is_not_in_the_way(
    studio: Studio, takes: list[bytes]
) -> None:
    up, down = Resampler(16_000, 24_000), Resampler(24_000, 16_000)
    assert studio.transcribe(up(takes[0]), 24_000) == GREETING
    assert studio.transcribe(down(up(takes[0])), 16_000) == GREETING


async def test_noise_tones_and_strangers_are_not_understood(
    studio: Studio, takes: list[bytes]
) -> None:
    assert takes
    noise = np.random.default_rng(1).normal(0, 3000, 2 * RATE_HZ).astype("<i2").tobytes()
    tone = (8000 * np.sin(np.arange(2 * RATE_HZ) * 0.3)).astype("<i2").tobytes()
    stranger = await Studio().speak("My name is nobody at all.", caller_mouth("en-US"))
    for sound in (noise, tone, stranger, silence(2000, RATE_HZ), b""):
        assert studio.transcribe(sound, RATE_HZ) == ""


async def test_a_short_line_inside_a_longer_one_is_part_of_it(studio: Studio) -> None:
    mouth = caller_mouth("en-US")
    long = await studio.speak("Three. Four. Five.", mouth)
    await studio.speak("Three.", mouth)
    await studio.speak("Three. Four.", mouth)
    assert studio.transcribe(long, RATE_HZ) == "Three. Four. Five."


@pytest.mark.parametrize("language", ["en-US", "de-DE", "es-ES", "fr-FR", "it-IT", "ja-JP"])
async def test_every_caller_sounds_unlike_the_agent(studio: Studio, language: str) -> None:
    caller = await studio.speak("Hallo, hallo.", caller_mouth(language))
    agent = await studio.speak("Hallo, hallo.", agent_mouth(language))
    assert caller != agent
    assert -30 < level_dbfs(caller) < -10


async def test_a_line_of_nothing_is_silence(studio: Studio) -> None:
    assert await studio.speak(" ", agent_mouth("en-US")) == b""
    assert studio.hear(PAUSE, RATE_HZ) == []


async def test_without_the_voices_the_studio_names_the_remedy(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "py_nanotts", None)
    with pytest.raises(VoiceMissing, match=r"py_nanotts: pip install 'interlude\[lab\]'"):
        await studio.speak("Nobody has said this before.", agent_mouth("en-US"))
