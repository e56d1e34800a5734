"""What is typed into a number's form, and what the operators' file says of it."""

from collections.abc import Iterator

import pytest

from bridge.console.draft import as_it_is, as_typed
from bridge.console.typed import Typed
from bridge.service.flows import load_flows
from bridge.service.numbers.editing import overrides_in
from bridge.service.numbers.lines import Lines

ORDERS, CLINIC, BILLING = "+18005550100", "+442079460100", "+493023125100"


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines(load_flows("callflows"))


def sent(typed: Typed, **changed: str) -> list[tuple[str, str]]:
    """A form as a browser sends it, with some fields typed anew."""
    names = {"flow": "order_status", "base": "0"}
    names |= {name.replace("__", "."): text for name, text in changed.items()}
    return [*((name, text) for name, text in _fields(typed) if name not in names), *names.items()]


def _fields(typed: Typed) -> Iterator[tuple[str, str]]:
    for name, value in typed.items():
        if isinstance(value, str):
            yield name, value
            continue
        for at, row in enumerate(value):
            if isinstance(row, str):
                yield name, row
            else:
                yield from ((f"{name}.{at}.{part}", text) for part, text in row.items())


async def table(lines: Lines, **changed: str) -> object:
    draft = await as_typed(lines, ORDERS, sent(as_it_is(lines, ORDERS).typed, **changed))
    assert draft.problems == {}
    return overrides_in(draft.text, ORDERS)


@pytest.mark.parametrize(
    ("number", "flow"), [(ORDERS, "order_status"), (CLINIC, "clinic"), (BILLING, "billing_de")]
)
async def test_a_form_that_nobody_touched_changes_nothing(
    lines: Lines, number: str, flow: str
) -> None:
    form = sent(as_it_is(lines, number).typed, flow=flow)
    draft = await as_typed(lines, number, form)
    assert (draft.problems, draft.changes, draft.text) == ({}, [], "")


async def test_only_what_differs_from_the_author_is_written(lines: Lines) -> None:
    assert await table(lines, interim__texts="Just a second.\r\n\r\nOne moment.") == {
        "flow": "order_status",
        "interim": {"texts": ["Just a second.", "One moment."]},
    }


@pytest.mark.parametrize(
    ("field", "typed", "meant"),
    [
        ("interim.latency_threshold_ms", "0,75", {"latency_threshold_ms": 750}),
        ("interim.latency_threshold_ms", "Adaptive", {"latency_threshold_ms": "adaptive"}),
        ("interim.kind", "off", {"kind": "off"}),
    ],
)
async def test_seconds_are_milliseconds_in_the_file(
    lines: Lines, field: str, typed: str, meant: object
) -> None:
    written = await table(lines, **{field.replace(".", "__"): typed})
    assert written == {"flow": "order_status", "interim": meant}


async def test_hours_are_rows_of_days_and_times(lines: Lines) -> None:
    typed = {
        "hours.on": "on",
        "hours.zone": "Europe/Berlin",
        "hours.week": "mon-fri 08:00-12:00, 13:00-18:00\nsat, sun 24h",
        "hours.special": "2026-12-24 closed",
        "hours.closed.0.does": "voicemail",
        "hours.closed.0.say": "Leave a message.",
    }
    written = await table(lines, **{name.replace(".", "__"): each for name, each in typed.items()})
    assert isinstance(written, dict)
    assert written["hours"] | {"holidays": ""} == {
        "zone": "Europe/Berlin",
        "week": {"mon-fri": "08:00-12:00, 13:00-18:00", "sat, sun": "24h"},
        "special": {"2026-12-24": "closed"},
        "closed": {"voicemail": "Leave a message."},
        "holidays": "",
    }


async def test_steps_are_added_left_out_and_kept_in_their_order(lines: Lines) -> None:
    typed = {
        "interim.then.0.does": "",
        "interim.then.9.does": "hang_up",
        "interim.then.9.after": "40",
        "interim.then.9.what": "Goodbye.",
        "interim.then.3.does": "say",
    }
    written = await table(lines, **{name.replace(".", "__"): each for name, each in typed.items()})
    assert isinstance(written, dict)
    assert [next(iter(step)) for step in written["interim"]["then"]] == [
        "play",
        "say",
        "say",
        "hang_up",
    ]
    assert written["interim"]["then"][-1] == {
        "hang_up": True,
        "say": "Goodbye.",
        "after_ms": 40_000,
    }


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("interim.latency_threshold_ms", "soon", "number of seconds"),
        ("interim.latency_threshold_ms", "nan", "number of seconds"),
        ("limits.most_calls", "many", "whole number"),
        ("limits.longest_s", "-4", "whole number"),
        ("interim.then.0.after", "", "number of seconds"),
        ("interim.texts", "", "at least one text"),
        ("limits.blocked", "0800", "international form"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(
    lines: Lines, field: str, typed: str, sentence: str
) -> None:
    changed = {field.replace(".", "__"): typed, "limits__refusal": "Not today."}
    draft = await as_typed(lines, ORDERS, sent(as_it_is(lines, ORDERS).typed, **changed))
    (path,) = draft.problems
    assert field.startswith(path)
    assert sentence in draft.problems[path]
    assert draft.flow is None
    assert draft.typed.get(field, typed) == typed


async def test_hours_without_a_zone_are_refused_beside_the_zone(lines: Lines) -> None:
    form = sent(as_it_is(lines, ORDERS).typed, hours__on="on", hours__closed__0__does="hang_up")
    draft = await as_typed(lines, ORDERS, form)
    assert "needs an IANA time zone" in draft.problems["hours.zone"]


async def test_another_call_flow_brings_a_form_of_its_own(lines: Lines) -> None:
    form = sent(as_it_is(lines, ORDERS).typed, flow="billing_de")
    draft = await as_typed(lines, CLINIC, form)
    assert draft.changes[0].after == "billing_de"
    unknown = await as_typed(lines, CLINIC, [("flow", "nobody")])
    assert unknown.problems == {"flow": "There is no such call flow."}
