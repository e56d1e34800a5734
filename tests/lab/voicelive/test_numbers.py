import pytest

from bridge.lab.voicelive import RuleBrain
from bridge.lab.voicelive.numbers import digit_runs, length_in

ORDER = {
    "name": "order_status",
    "description": "Look up an order.",
    "parameters": {
        "properties": {"order_number": {"type": "string", "description": "Four digits"}},
        "required": ["order_number"],
    },
}


@pytest.mark.parametrize(
    ("said", "runs"),
    [
        ("four two seven one", ["4271"]),
        ("4271", ["4271"]),
        ("4, 2, 7, 1.", ["4271"]),
        ("forty-two seventy-one", ["4271"]),
        ("eleven thirty eight", ["1138"]),
        ("double one three eight", ["1138"]),
        ("three triple seven", ["3777"]),
        ("four oh two o", ["4020"]),
        ("Oh, four two seven", ["0427"]),
        ("Oh, I have no number.", []),
        ("at two o'clock", ["2"]),
        ("twenty", ["20"]),
        ("thirty zero", ["300"]),
        ("a double room for two", ["2"]),
        ("from two to four", ["2", "4"]),
        ("zweiundvierzig einundsiebzig", ["4271"]),
        ("vier zwo sieben eins", ["4271"]),
        ("neunzehn achtzig", ["1980"]),
        ("", []),
    ],
)
def test_numbers_are_found_as_people_say_them(said: str, runs: list[str]) -> None:
    assert digit_runs(said) == runs


@pytest.mark.parametrize(
    "said",
    [
        "Where is order for two seven one?",
        "For to seven won.",
        "Order for, two, seven, when.",
        "I ask for four two seven one.",
        "Two of us ask for order four two seven one.",
        "42 71",
    ],
)
def test_digits_that_were_misheard_are_found_where_their_number_is_known(said: str) -> None:
    (call,) = RuleBrain().turn(f"An order. {said}", [ORDER], "").calls
    assert call.arguments == {"order_number": "4271"}


@pytest.mark.parametrize(
    ("said", "number"), [("order for two seven", "27"), ("order four two seven one one", "42711")]
)
def test_a_number_of_another_length_is_taken_as_it_was_heard(said: str, number: str) -> None:
    (call,) = RuleBrain().turn(said, [ORDER], "").calls
    assert call.arguments == {"order_number": number}


@pytest.mark.parametrize(
    ("description", "length"),
    [
        ("Four digits", 4),
        ("The order number, 6 digits", 6),
        ("An eight-digit code", 8),
        ("Zählernummer, vier Ziffern", 4),
        ("Eine fünfstellige Nummer", 5),
        ("All digits of the card", None),
        ("The order number", None),
    ],
)
def test_a_description_says_how_many_digits(description: str, length: int | None) -> None:
    assert length_in(description) == length
