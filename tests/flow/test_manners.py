"""What a line does when nobody speaks, when speech fails, and when it records."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge import Callflow, Fallback, FlowError, HangUp, Recording, Silence, Transfer

NUMBER, COLLEAGUE = "+18005550100", "+18005550199"


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (lambda: Silence(reprompts="Hello?"), "is a tuple"),  # type: ignore[arg-type]
        (lambda: Silence(reprompts=("Hello?", " ")), "empty text"),
        (lambda: Silence(after_ms=999), "at least 1000 ms"),
        (lambda: Silence(longest_speech_ms=9_999), "at least 10000"),
        (lambda: Silence(then=HangUp(after_ms=1)), r"Silence\(then=...\) happens at once"),
        (
            lambda: Fallback(meanwhile="a", say="b", then=Transfer(COLLEAGUE, after_ms=0)),
            r"Fallback\(then=...\) happens at once",
        ),
        (lambda: Fallback(meanwhile="a", say="b", then=HangUp("c")), "leave say out"),
        (lambda: Recording(consent=" "), "leave it out"),
        (lambda: Callflow(number=NUMBER, keypad={"": HangUp()}), "is no key"),
        (lambda: Callflow(number=NUMBER, keypad={"10": HangUp()}), "is no key"),
        (lambda: Callflow(number=NUMBER, keypad={"A": HangUp()}), "is no key"),
        (lambda: Callflow(number=NUMBER, keypad={"1": HangUp(after_ms=5)}), "happens at once"),
    ],
)
def test_manners_that_cannot_be_had_say_what_can(wrong: Callable[[], Any], remedy: str) -> None:
    with pytest.raises(FlowError, match=remedy):
        wrong()


def test_the_least_patience_that_a_line_may_have() -> None:
    Silence(after_ms=1_000, longest_speech_ms=10_000, reprompts=(), then=Transfer(COLLEAGUE))


def test_a_line_may_record_without_a_word() -> None:
    assert Recording().consent is None


@pytest.mark.parametrize("key", "0123456789*#")
def test_every_key_of_a_telephone_may_do_something(key: str) -> None:
    assert Callflow(number=NUMBER, keypad={key: HangUp()}).keypad[key] == HangUp()


LANGUAGES = ["en-US", "de-DE", "fr-FR", "es-MX", "it-IT"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_has_an_apology_in_its_language(language: str) -> None:
    others = [Fallback().in_words(other) for other in LANGUAGES if other != language]
    own = Callflow(number=NUMBER, voice=f"{language}-SomebodyNeural").fallback
    assert own == Fallback().in_words(language)
    assert own.then == HangUp()
    for other in others:
        assert own.meanwhile != other.meanwhile
        assert own.say != other.say


@pytest.mark.parametrize("language", ["en", "EN-gb", "sw-KE", ""])
def test_where_no_apology_is_known_it_is_english(language: str) -> None:
    assert Fallback().in_words(language) == Fallback().in_words("en-US")


def test_a_region_changes_nothing_about_an_apology() -> None:
    assert Fallback().in_words("de-CH") == Fallback().in_words("de-DE") == Fallback().in_words("DE")


def test_a_flow_that_has_its_own_words_keeps_them() -> None:
    own = Fallback(meanwhile="A moment.", say="Sorry.", then=Transfer(COLLEAGUE))
    assert Callflow(number=NUMBER, voice="de-DE-SeraphinaNeural", fallback=own).fallback == own


def test_a_silent_caller_is_addressed_in_the_language_of_the_line() -> None:
    english = Callflow(number=NUMBER, voice="en-US-AvaNeural").silence
    german = Callflow(number=NUMBER, voice="de-DE-SeraphinaNeural").silence
    assert english is not None
    assert german is not None
    assert german.reprompts != english.reprompts
    assert german.then != english.then
