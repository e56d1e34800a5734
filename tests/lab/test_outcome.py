"""What became of a scripted call, and that it can be read again."""

import json
from pathlib import Path

import pytest

from bridge.lab.budget import Budget, Failure
from bridge.lab.outcome import Outcome, by_name
from bridge.lab.report import CallReport
from tests.lab.tones import a_call

CALL = a_call(("caller", 1, 2), ("agent", 4, 6), lasts_s=7)


def outcome(name: str = "asks", report: CallReport = CALL, **more: object) -> Outcome:
    return Outcome(**{"name": name, "flow": "line", "report": report, "seconds": 0.7} | more)  # type: ignore[arg-type]


def test_a_call_passes_that_meets_expectations_and_keeps_its_budget() -> None:
    assert outcome().passed
    assert outcome(budget=Budget(dead_air_s=2)).passed
    slow = outcome(budget=Budget(dead_air_s=1.9))
    assert not slow.passed
    assert [failure.at_ms for failure in slow.all_failures] == [2_000]
    assert not outcome(failures=(Failure("The caller was to hear a price."),)).passed


def test_an_outcome_can_be_read_again(tmp_path: Path) -> None:
    written = outcome(
        failures=(Failure("The caller was to hear a price.", 4_000), Failure("No transfer.")),
        budget=Budget(dead_air_s=1.5),
    )
    written.write(tmp_path)
    outcome("another").write(tmp_path)
    assert Outcome.read_all(tmp_path) == [outcome("another"), written]
    figures = json.loads((tmp_path / "asks.json").read_bytes())
    assert figures["passed"] is False
    assert figures["experience"]["dead_air_s"] == 2.0
    assert figures["budget"] == {"dead_air_s": 1.5}


@pytest.mark.parametrize("name", ["", "../asks", "a/b", ".hidden", "a\\b", "a\nb", "<b>"])
def test_a_name_that_would_not_do_for_a_file_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be named"):
        outcome(name)


def test_no_two_calls_of_a_run_have_the_same_name() -> None:
    with pytest.raises(ValueError, match="Two calls of a run are named 'asks'"):
        by_name([outcome(), outcome()])
