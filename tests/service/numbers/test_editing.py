"""A program changes one number of the file, and every comment stays where a person put it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from bridge.service.numbers.editing import NotToml, overrides_in, with_number, without_number
from tests.service.numbers.conftest import NEW, ORDERS

EXAMPLE = Path("docs/numbers.toml").read_text()
NUMBER = "+18005550100"


def comments(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


def example() -> dict[str, Any]:
    table = overrides_in(EXAMPLE, NUMBER)
    assert table
    return table


def test_what_is_not_changed_is_not_touched() -> None:
    assert with_number(EXAMPLE, NUMBER, example()) == EXAMPLE


def test_a_change_is_one_line_in_the_file() -> None:
    table = example()
    table["interim"]["then"][1]["after_ms"] = 8_000
    edited = with_number(EXAMPLE, NUMBER, table)
    assert edited == EXAMPLE.replace("after_ms = 7000 }", "after_ms = 8000 }")


def test_a_step_more_or_less_keeps_the_comments_of_the_others() -> None:
    table = example()
    table["interim"]["then"][3:] = [{"hang_up": True, "after_ms": 30_000}, {"say": "x"}]
    more = with_number(EXAMPLE, NUMBER, table)
    assert overrides_in(more, NUMBER) == table
    assert comments(more) == comments(EXAMPLE)
    table["interim"]["then"][3:] = []
    assert comments(with_number(more, NUMBER, table)) == comments(EXAMPLE)


def test_a_table_that_goes_takes_its_own_comments_and_no_others() -> None:
    table = example()
    del table["silence"]
    table["recording"] = "off"
    edited = with_number(EXAMPLE, NUMBER, table)
    assert overrides_in(edited, NUMBER) == table
    assert set(comments(EXAMPLE)) - set(comments(edited)) == {
        'or silence = "off", beside the greeting',
        'or recording = "off"',
    }


def test_a_number_comes_and_goes() -> None:
    table = {"flow": "orders", "limits": {"blocked": [], "overflow": {"hang_up": True}}}
    for text in ("", "# Ours.\n", EXAMPLE):
        more = with_number(text, NEW, table)
        assert overrides_in(more, NEW) == table
        assert tomllib.loads(without_number(more, NEW)).get("numbers", {}) == tomllib.loads(
            text
        ).get("numbers", {})
        assert comments(without_number(more, NEW)) == comments(text)
    assert without_number(EXAMPLE, NEW) == EXAMPLE


def test_a_number_whose_parts_are_scattered_is_written_anew_where_it_must_be() -> None:
    scattered = f"""
[numbers."{NEW}".limits]
notice = "x"
[numbers."{ORDERS}"]
flow = "clinic"
[numbers."{NEW}"]
flow = "orders"
"""
    table = {"flow": "clinic", "limits": {"notice": "y"}, "silence": {"after_ms": 9_000}}
    edited = with_number(scattered, NEW, table)
    assert tomllib.loads(edited)["numbers"] == {NEW: table, ORDERS: {"flow": "clinic"}}


def test_null_is_told_to_have_no_place_in_it() -> None:
    with pytest.raises(NotToml, match="leave out what is null"):
        with_number(EXAMPLE, NUMBER, {"flow": None})


LEAVES = st.text("aé\"'#\n\\", max_size=6) | st.integers(0, 9) | st.lists(st.text("a#", max_size=2))
OUTCOMES = st.dictionaries(st.sampled_from(["say", "hang_up", "x y"]), LEAVES, max_size=2)
TABLES = st.dictionaries(
    st.sampled_from(["greeting", "limits", "interim", "0"]),
    LEAVES | OUTCOMES | st.dictionaries(st.sampled_from("abc"), LEAVES | OUTCOMES, max_size=2),
    max_size=3,
)
EDITS = st.lists(st.tuples(st.sampled_from([ORDERS, NEW, NUMBER]), st.none() | TABLES), max_size=6)


@given(EDITS, st.sampled_from(["", EXAMPLE]))
def test_whatever_is_edited_says_what_it_should(
    edits: list[tuple[str, dict[str, Any] | None]], text: str
) -> None:
    numbers = tomllib.loads(text).get("numbers", {})
    for number, table in edits:
        if table is None:
            text = without_number(text, number)
            numbers.pop(number, None)
        else:
            text = with_number(text, number, table)
            numbers[number] = table
        assert tomllib.loads(text).get("numbers", {}) == numbers
        tomlkit.parse(text)
