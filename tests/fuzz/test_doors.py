"""A million bodies that nobody sends meet the doors that JSON comes in by."""

import base64
import os
import re
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec

import orjson
import pytest

from tests.fuzz.doors import DOORS, Unhandled, fuzz, in_words

RUNS, ROUNDS = 70_000, 5
"""Of each door: a million in all. One round is short, as pytest is told to end what hangs."""


@pytest.fixture(autouse=True, scope="module")
def atheris() -> None:
    if find_spec("atheris"):
        return
    reason = "Atheris is not installed: its wheels are for Linux on x86-64"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Bodies that each door took, told at the end to whoever runs the tests."""
    taken = Counter[str]()
    yield taken
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture
    with capture.global_and_fixture_disabled():
        print(f"\n{in_words(taken)}")  # noqa: T201 - a figure of the run


@pytest.mark.parametrize("_round", range(ROUNDS))
@pytest.mark.parametrize("door", DOORS)
def test_no_body_is_met_by_an_exception_that_nobody_expects(
    door: str, _round: int, cases: Counter[str]
) -> None:
    cases[door] += fuzz(door, RUNS)


def test_a_fault_is_found_and_told_with_the_body_that_led_to_it() -> None:
    with pytest.raises(Unhandled, match="IndexError: planted") as found:
        fuzz("media", RUNS, target="tests.fuzz.planted")
    told = re.search(r"^crash-.*, base64: (.*)$", str(found.value), re.MULTILINE)
    assert told
    frame = orjson.loads(base64.b64decode(told[1]))
    assert not frame["dtmfData"].get("participantRawID")
