from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.lab.voicelive import RuleBrain, ScriptBrain, Thought, ToolCall

ORDER = {
    "type": "function",
    "name": "order_status",
    "description": "Look up the status of an order.",
    "parameters": {
        "type": "object",
        "properties": {"order_number": {"type": "string", "description": "Four digits"}},
        "required": ["order_number"],
    },
}
HUMAN = {
    "type": "function",
    "name": "transfer",
    "description": "Put the caller through to a human.",
}
BESTELLUNG = {
    "type": "function",
    "name": "bestellstatus",
    "description": "Sagt, wo eine Bestellung gerade ist.",
    "parameters": {"properties": {"bestellnummer": {"type": "string"}}},
}
TERMIN = {
    "type": "function",
    "name": "termin_absagen",
    "description": "Sagt einen Termin ab.",
    "parameters": {"properties": {"tag": {"type": "string", "format": "date"}}},
}


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Where is my order four two seven one?", "order_status", {"order_number": "4271"}),
        ("One moment. The order is 42 71.", "order_status", {"order_number": "4271"}),
        ("Where is my order?", "order_status", {"order_number": "Where is my order?"}),
        ("I want to speak to a human, please.", "transfer", {}),
        (
            "Wo ist meine Bestellung vier zwo sieben eins?",
            "bestellstatus",
            {"bestellnummer": "4271"},
        ),
        ("Wo ist meine Bestellung?", "bestellstatus", {}),
        ("Ich möchte meinen Termin absagen.", "termin_absagen", {}),
    ],
)
def test_the_tool_is_the_one_that_was_spoken_of(
    said: str, name: str, arguments: dict[str, str]
) -> None:
    thought = RuleBrain().turn(said, [ORDER, HUMAN, BESTELLUNG, TERMIN], "")
    assert thought == Thought(calls=(ToolCall(name, arguments),))


@pytest.mark.parametrize("tools", [[], [ORDER]])
def test_a_rule_has_no_answer_where_no_tool_fits(tools: list[dict[str, Any]]) -> None:
    assert RuleBrain().turn("How deep is the sea?", tools, "") == Thought()


SIZES = {"type": "string", "enum": ["small", "large"]}


@pytest.mark.parametrize(
    ("prop", "said", "value"),
    [
        (SIZES, "book a large one", "large"),
        (SIZES, "book it", None),
        ({"type": "boolean"}, "yes, book it", True),
        ({"type": "boolean"}, "no, do not book it", False),
        ({"type": "boolean"}, "Nein, nicht book", False),
        ({"type": "integer"}, "book for twelve people", 12),
        ({"type": "integer"}, "book it", None),
        ({"type": "string"}, "book it", "book it"),
        ({"type": "string", "format": "date"}, "book it on 2026-12-24", "2026-12-24"),
        ({"type": "string", "format": "date"}, "book it", None),
    ],
)
def test_an_argument_is_found_in_what_was_said(
    prop: dict[str, Any], said: str, value: object
) -> None:
    tool = {"name": "book", "parameters": {"properties": {"it": prop}}}
    (call,) = RuleBrain().turn(said, [tool], "").calls
    assert call.arguments == ({} if value is None else {"it": value})


@pytest.mark.parametrize(
    ("prop", "value"),
    [
        (SIZES, "small"),
        ({"type": "integer"}, 0),
        ({"type": "string", "format": "date"}, "book it"),
    ],
)
def test_an_argument_that_must_be_there_is_made_up(prop: dict[str, Any], value: object) -> None:
    tool = {"name": "book", "parameters": {"properties": {"it": prop}, "required": ["it"]}}
    (call,) = RuleBrain().turn("book it", [tool], "").calls
    assert call.arguments == {"it": value}


def test_two_numbers_go_to_two_arguments() -> None:
    props = {"people": {"type": "integer"}, "hour": {"type": "integer"}}
    tool = {"name": "book", "parameters": {"properties": props}}
    (call,) = RuleBrain().turn("book for four people at seven", [tool], "").calls
    assert call.arguments == {"people": 4, "hour": 7}


@pytest.mark.parametrize("word", ["tomorrow", "morgen"])
def test_tomorrow_is_a_date(word: str) -> None:
    tool = {"name": "book", "parameters": {"properties": {"day": {"format": "date"}}}}
    (call,) = RuleBrain().turn(f"book {word}", [tool], "").calls
    assert call.arguments == {"day": str((datetime.now(UTC) + timedelta(days=1)).date())}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("It is on its way.", "It is on its way."),
        ('"It is on its way."', "It is on its way."),
        ('{"order_state": "shipped", "days_left": 2}', "order state shipped, days left 2"),
        ('{"order": "4271", "days_left": 12}', "order 4 2 7 1, days left 12"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_an_output_is_spoken(output: str, said: str) -> None:
    assert RuleBrain().answer([("order_status", output)], [], "") == Thought(said)


def test_a_script_is_followed_to_its_end() -> None:
    call = Thought(calls=(ToolCall("order_status", {}),))
    brain = ScriptBrain([Thought("Hello."), call], answers=[Thought("It is there.")])
    assert [brain.turn("", [ORDER], "") for _ in range(3)] == [Thought("Hello."), call, Thought()]
    assert brain.answer([("order_status", "here")], [], "") == Thought("It is there.")
    assert brain.answer([("order_status", "here")], [], "") == Thought("here")
