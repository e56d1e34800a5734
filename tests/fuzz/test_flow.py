"""Whatever an author writes, a model asks or a caller presses, a flow refuses as documented."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from bridge.acs.keys import key_spelled
from bridge.flow.digits import KEYS, Entry, Secret
from bridge.flow.errors import FlowError, ToolError
from bridge.flow.hours import Hours
from bridge.flow.numbers import is_e164
from bridge.flow.outcomes import HangUp
from bridge.flow.template import filled, placeholders
from bridge.flow.tool import make_tool
from tests.fuzz.spoiling import bodies

texts = st.text(max_size=60) | st.text("a1\udcff\ud800", max_size=9)
braces = st.lists(st.sampled_from(["{", "}", "{a}", "{b}", "a", "!r", ":>9", "[0]", ".x", " "]))


@given(texts | braces.map("".join), st.dictionaries(st.sampled_from("ab"), texts | st.floats()))
def test_a_line_names_parameters_or_is_refused(text: str, values: dict[str, Any]) -> None:
    with suppress(FlowError):
        names = placeholders(text)
        assert all(name.isidentifier() for name in names)
        filled(text, {**dict.fromkeys(names, 1 << 64), **values})


@given(texts | st.from_regex(r"\+?[0-9\u0660-\u0669]{0,17}\n?"))
def test_a_number_is_a_plus_and_ascii_digits(text: str) -> None:
    if is_e164(text):
        assert text[0] == "+"
        assert text[1:].isascii()
        assert text[1:].isdecimal()
        assert 8 <= len(text) <= 16


@given(texts)
def test_a_tone_is_a_key_of_a_telephone_or_none(tone: str) -> None:
    key = key_spelled(tone)
    assert key is None or key in KEYS


@given(st.text(KEYS), texts)
def test_secret_digits_are_hidden_in_any_text(digits: str, text: str) -> None:
    secret = Secret(bytearray(digits.encode()))
    hidden = secret.hidden_in(text + digits + text)
    assert not digits or "***" in hidden


whole = st.integers(-2, 10_000)
entries = {
    "prompt": st.none(),
    "max_digits": whole,
    "terminator": st.none() | texts | st.sampled_from(KEYS),
    "gap_ms": whole,
    "total_ms": whole,
    "secret": st.booleans(),
    "retries": whole,
    "speech": st.booleans(),
}


@given(st.fixed_dictionaries(entries))
def test_an_entry_makes_sense_or_is_refused(asked: dict[str, Any]) -> None:
    with suppress(FlowError):
        entry = Entry(**asked)
        assert entry.max_digits > 0
        assert entry.total_ms >= entry.gap_ms > 0
        assert not (entry.secret and entry.speech)


days = texts | st.sampled_from(["mon", "mon-fri", "sat, sun", "fri-mon", "mon-", "-", "MON"])
spans = texts | st.from_regex(r"[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}", fullmatch=True)
zones = texts | st.sampled_from(["UTC", "Europe", "Europe/Berlin", "../etc", "/etc", "a" * 300])
dates = texts | st.dates().map(date.isoformat)
countries = st.none() | texts | st.sampled_from(["DE", "DE-BY", "DE-", "de", "US-CA-X"])


@given(
    zones,
    st.dictionaries(days, spans, max_size=3),
    countries,
    st.dictionaries(dates, spans | st.sampled_from(["closed", "24h"]), max_size=3),
)
def test_hours_can_be_kept_or_are_refused(
    zone: str, week: dict[str, str], holidays: str | None, special: dict[str, str]
) -> None:
    with suppress(FlowError):
        hours = Hours(zone=zone, week=week, closed=HangUp(), holidays=holidays, special=special)
        assert hours.at(datetime(2026, 12, 24, 12, tzinfo=UTC)) in (True, False)
        assert hours.in_words()


async def look_up(
    order: int, how: Literal["fast", "slow"] = "fast", more: list[str] | None = None
) -> str:
    """Look up an order."""
    return f"{order} {how} {more}"


LOOK_UP = make_tool(look_up, timeout_ms=1_000)


@given(bodies({"order": 4271, "how": "slow", "more": ["a"]}), st.integers(0, 5_000))
def test_arguments_fit_or_the_model_is_told(body: bytes, digits: int) -> None:
    for arguments in (body.decode(errors="replace"), json.dumps({"order": "DIGITS"})):
        with suppress(ToolError):
            fits = LOOK_UP.parse(arguments.replace('"DIGITS"', "9" * digits))
            assert LOOK_UP.line("Order {order}, {how}.", fits).startswith("Order ")
