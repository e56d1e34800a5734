"""Editors complete and check the operators' file by a published schema."""

import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema_rs import validator_for

from bridge.service.numbers.schema import schema
from tests.service.numbers.conftest import NEW

DOCS = Path("docs")


def is_valid(content: Any) -> bool:
    return bool(validator_for(schema()).is_valid(content))


def test_the_published_schema_is_up_to_date() -> None:
    published = orjson.loads((DOCS / "numbers.schema.json").read_bytes())
    assert published == orjson.loads(orjson.dumps(schema())), "write it: docs/numbers_schema.py"


def test_the_example_is_valid() -> None:
    assert is_valid(tomllib.loads((DOCS / "numbers.toml").read_text()))
    assert is_valid({})


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"flow": "orders", "greting": "x"},
        {"flow": "orders", "silence": "on"},
        {"flow": "orders", "keypad": {"0": {}}},
        {"flow": "orders", "interim": {"latency_threshold_ms": "soon"}},
        {"flow": "orders", "limits": {"most_calls": 0}},
        {"flow": "orders", "greeting": None},
        {"flow": "orders", "interim": {"then": [{"say": "x"}]}},
    ],
)
def test_what_would_be_refused_for_its_shape_is_marked(table: Any) -> None:
    assert not is_valid({"numbers": {NEW: table}})
    assert not is_valid({"numbers": {"555": {"flow": "orders"}}})
