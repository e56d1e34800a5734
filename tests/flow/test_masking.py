"""Of what was said, no longer run of digits is left, written or spoken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flow.masking import mask_digits

DIGITS = {
    "en": "zero one two three four five six seven eight nine",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
}
BETWEEN = [" ", "-", ", ", " - ", ". ", " uh ", ", ähm, ", " euh ", " and ", "... ", "\n"]
HARMLESS = ["please", "my", "order", "thank", "you", "bitte", "merci", "grazie", "is", "(Zoë)"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Where is order 4271?", "Where is order …71?"),
        ("Where is order 4 2 7 1?", "Where is order …71?"),
        ("It is 42-42-42.", "It is …42."),
        ("Call +1 (800) 555-0142.", "Call +…42."),
        ("Order A4271, please.", "Order A…71, please."),
        ("four two four two", "…42"),
        ("Four, two, uh, seven... ONE!", "…71!"),
        ("double four double oh", "…00"),
        ("triple 4 2", "…42"),
        ("forty-two seventy one", "…71"),
        ("four thousand two hundred and seventy-one", "…71"),
        ("vier zwo vier zwei", "…42"),
        ("Meine Nummer ist vier 2 sieben eins, danke.", "Meine Nummer ist …71, danke."),
        ("zweiundvierzig einundsiebzig", "…71"),
        ("viertausendzweihunderteinundsiebzig", "…71"),
        ("zéro six douze trente-quatre soixante-dix-huit", "…78"),
        ("quatre-vingt-dix-neuf quatre-vingts", "…80"),
        ("vingt et un soixante et onze", "…71"),
        ("cuarenta y dos veintiuno", "…21"),
        ("cuatro dos siete uno", "…71"),
        ("quarantadue ventuno", "…21"),
        ("duemilaottocento", "…00"),
        ("four two four zwei", "four two four zwei"),
        ("four two four two zwei", "…22"),
        ("four two\nfour two\nthanks", "…\n…42\nthanks"),
    ],
)
def test_a_run_of_digits_is_hidden_but_for_its_last_two(said: str, shown: str) -> None:
    assert mask_digits(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "One moment, please.",
        "Two people, at five.",
        "Order 42, item 7",
        "At 10:30, not at 11:15.",
        "Sette otto o nove?",
        "Ein Moment, ich habe acht.",
        "Once it is due, often.",
        "I have one. You have two, or three.",
        "ventidue" * 50 + "x",  # which can be read in 2^50 ways, as 22 or as 20 2
        "",
    ],
)
def test_what_is_no_run_of_digits_is_left_alone(said: str) -> None:
    assert mask_digits(said) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [("Order 4 2", "Order …"), ("Order 4271", "Order …"), ("One moment", "One moment")],
)
def test_of_a_text_that_is_cut_nothing_of_its_last_number_is_shown(said: str, shown: str) -> None:
    assert mask_digits(said, is_cut=True) == shown


@given(data=st.data(), language=st.sampled_from(sorted(DIGITS)))
def test_no_run_of_four_survives(data: st.DataObject, language: str) -> None:
    words = DIGITS[language].split()
    number = data.draw(st.lists(st.integers(0, 9), min_size=4, max_size=16))

    def spelled(digit: int) -> str:
        return data.draw(st.sampled_from([str(digit), words[digit], words[digit].upper()]))

    run = spelled(number[0])
    for digit in number[1:]:
        run += data.draw(st.sampled_from(BETWEEN)) + spelled(digit)
    before, after = data.draw(st.sampled_from(HARMLESS)), data.draw(st.sampled_from(HARMLESS))
    shown = mask_digits(f"{before} {run}, {after}")
    last_two = "".join(map(str, number[-2:]))
    dots = "…\n" * run.count("\n")
    assert shown == f"{before} {dots}…{last_two}, {after}"


@given(st.lists(st.sampled_from(HARMLESS)).map(" ".join))
def test_a_text_without_digits_is_unchanged(said: str) -> None:
    assert mask_digits(said) == said


@given(
    st.lists(
        st.sampled_from([*" ".join(DIGITS.values()).split(), *BETWEEN, *HARMLESS, *"…0123456789x"])
    ).map("".join)
    | st.text(),
    st.booleans(),
)
def test_masking_again_changes_nothing(said: str, is_cut: bool) -> None:  # noqa: FBT001 - drawn
    shown = mask_digits(said, is_cut=is_cut)
    assert mask_digits(shown, is_cut=is_cut) == shown
    assert not re.search(r"\d{4}", shown)
    assert shown.count("\n") == said.count("\n")
