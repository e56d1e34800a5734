"""A form has what the author left to operators, as it is and as it was, with nothing made up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.flow.operated import operated
from bridge.flow.overrides import PARTS, Overrides
from bridge.flow.written import written
from bridge.service.flows import Flows, load_flows
from bridge.service.numbers.fields import Field, fields_of
from bridge.service.numbers.reading import read

SHIPPED = load_flows("callflows")
WITH_FILE = read(Path("docs/numbers.toml").read_text(), SHIPPED)


@pytest.mark.parametrize("flows", [SHIPPED, WITH_FILE])
@pytest.mark.parametrize("name", list(SHIPPED.by_name))
def test_a_flow_that_is_written_down_and_read_is_the_same(flows: Flows, name: str) -> None:
    authored = flows.named(name)
    flow = replace(authored, operators=tuple(PARTS))
    flow.tools.update(authored.tools)
    again = operated(flow, name, flow.number, Overrides.model_validate(written(flow)))
    for field in Overrides.model_fields:
        assert getattr(again, field) == getattr(flow, field)
    assert again.tools == flow.tools


def test_a_form_has_what_is_the_operators_to_change() -> None:
    clinic = SHIPPED.named("clinic")
    fields = fields_of(clinic, clinic)
    assert [field.name for field in fields] == [
        *("greeting", "interim.texts", "hours"),
        *("hours.zone", "hours.week", "hours.closed", "hours.holidays", "hours.special"),
        *("limits.blocked", "limits.refusal"),
    ]
    assert all(field.value == field.default for field in fields)
    assert all(field.label and field.help for field in fields)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("greeting", ("text", ())),
        ("interim.texts", ("texts", ())),
        ("interim.kind", ("choice", ("static", "llm", "off"))),
        ("interim.triggers", ("choices", ("tool", "latency"))),
        ("interim.latency_threshold_ms", ("number", ("adaptive",))),
        ("interim.then", ("ladder", ("transfer", "hang_up", "play", "say"))),
        ("silence", ("switch", ())),
        ("silence.after_ms", ("number", ())),
        ("silence.then", ("outcome", ("transfer", "hang_up"))),
        ("hours.closed", ("outcome", ("transfer", "hang_up", "voicemail", "flow"))),
        ("hours.week", ("pairs", ())),
        ("keypad", ("keys", ("transfer", "hang_up"))),
        ("limits.most_calls", ("number", ("off",))),
        ("limits.longest_s", ("number", ())),
        ("limits.blocked", ("texts", ())),
        ("limits.overflow", ("outcome", ("transfer", "hang_up", "voicemail"))),
    ],
)
def test_a_field_says_how_it_is_entered(name: str, expected: Any) -> None:
    fields = {f.name: f for f in fields_of(WITH_FILE.named("order_status"), ORDERS)}
    assert (fields[name].kind, fields[name].choices) == expected


ORDERS = SHIPPED.named("order_status")


def test_a_field_shows_what_is_and_what_was() -> None:
    fields = {f.name: f for f in fields_of(WITH_FILE.named("order_status"), ORDERS)}
    assert fields["limits.most_calls"] == Field(
        "limits.most_calls",
        "number",
        "Most calls",
        "Calls at a time, of this line, in each process.",
        60,
        40,
        ("off",),
    )
    assert (fields["recording"].value, fields["recording"].default) == (True, False)
    assert fields["recording.consent"].value == "This call is recorded."
    assert fields["silence.after_ms"].label == "After (ms)"
    assert fields["hours.week"].default == {}
