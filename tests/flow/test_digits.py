"""Digits: how they are asked for, and how those given in confidence stay there."""

import copy
import json
import pickle
from typing import Any

import pytest

from bridge import Call, FlowError, NoDigits, Secret, ToolError
from bridge.flow.digits import Entry

ALONE = Call(id="c1", caller="+14255550123", dialled="+18005550100", correlation_id="k1")
"""A call with nobody on it."""


class Caller:
    """Enters what the test says, and notes how it was asked."""

    def __init__(self, *entered: str | Secret) -> None:
        self.entered = list(entered)
        self.asked: list[Entry] = []

    def progress(self, text: str) -> None:
        raise AssertionError(text)

    async def digits(self, entry: Entry) -> str | Secret:
        self.asked.append(entry)
        return self.entered.pop(0)


def call_with(caller: Caller) -> Call:
    return Call("c1", "+14255550123", "+18005550100", "k1", caller)


async def test_a_tool_gets_what_the_caller_entered() -> None:
    caller = Caller("4711")
    assert await call_with(caller).digits("Your number, please.", max_digits=4) == "4711"
    (entry,) = caller.asked
    assert (entry.prompt, entry.max_digits, entry.terminator) == ("Your number, please.", 4, "#")
    assert not entry.secret
    assert not entry.speech


async def test_everything_about_an_entry_can_be_said() -> None:
    caller = Caller("1")
    await call_with(caller).digits(
        max_digits=1, terminator=None, gap_ms=2_000, total_ms=9_000, retries=0, speech=True
    )
    assert caller.asked == [
        Entry(None, 1, None, 2_000, 9_000, secret=False, retries=0, speech=True)
    ]


async def test_in_a_test_of_a_tool_nobody_enters_anything() -> None:
    with pytest.raises(NoDigits) as nothing:
        await ALONE.digits(max_digits=4)
    assert isinstance(nothing.value, ToolError), "not caught, the model is told so"
    assert str(nothing.value) == "The caller entered nothing."


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"max_digits": 0}, "1 or more"),
        ({"terminator": "1"}, "'#', '\\*' or None"),
        ({"terminator": ""}, "'#', '\\*' or None"),
        ({"gap_ms": 0}, "above 0"),
        ({"gap_ms": 5_000, "total_ms": 4_999}, "no less than gap_ms"),
        ({"retries": -1}, "0 or more"),
        ({"secret": True, "speech": True}, "cannot take speech"),
    ],
)
async def test_an_entry_that_cannot_work_says_how_it_could(
    wrong: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(FlowError, match=remedy):
        await ALONE.digits(**{"max_digits": 4, **wrong})


def secret(digits: str) -> Secret:
    return Secret(bytearray(digits.encode()))


def test_a_secret_is_seen_by_whoever_asks_it_and_by_nobody_else() -> None:
    pin = secret("4711")
    assert pin.reveal() == "4711"
    assert len(pin) == 4
    for shown in (repr(pin), str(pin), f"{pin}", f"{pin!r:>20}", repr({"pin": [pin]})):
        assert "4711" not in shown


@pytest.mark.parametrize("write_down", [pickle.dumps, json.dumps, copy.deepcopy, copy.copy])
def test_a_secret_cannot_be_written_down(write_down: Any) -> None:
    with pytest.raises(TypeError):
        write_down(secret("4711"))


def test_a_secret_is_overwritten_where_it_stands() -> None:
    digits = bytearray(b"4711")
    seen = memoryview(digits)
    pin = Secret(digits)
    with pytest.raises(BufferError):
        pin.wipe()  # it cannot be shortened while somebody looks on; the digits go first
    assert bytes(seen) == bytes(4)
    seen.release()
    pin.wipe()
    assert len(pin) == 0
    with pytest.raises(ValueError, match="were forgotten") as refusal:
        pin.reveal()
    assert "4711" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Your PIN is 4711.", "Your PIN is ***."),
        ("4711", "***"),
        ('{"pin":"4711","again":4711}', '{"pin":"***","again":***}'),
        ("That is 4 7 1 1, right?", "That is ***, right?"),
        ("471 and 711", "471 and 711"),
        ("", ""),
    ],
)
def test_digits_are_cut_out_of_a_text_in_a_row_and_one_by_one(text: str, shown: str) -> None:
    assert secret("4711").hidden_in(text) == shown


def test_keys_that_are_no_digits_are_cut_out_too() -> None:
    assert secret("*4#").hidden_in("It was *4#, or 444.") == "It was ***, or 444."


def test_a_secret_that_was_wiped_hides_nothing_any_more() -> None:
    pin = secret("4711")
    pin.wipe()
    assert pin.hidden_in("Order 4711.") == "Order 4711."
