"""When a line is worth its while, learned from the waits before."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.history import (
    EARLIEST_MS,
    SOON_MS,
    STARTING_MS,
    History,
    adaptive_threshold_ms,
    outcome_ms,
)

LINE_MS = 2_000


@pytest.mark.parametrize(
    ("lasted_ms", "threshold_ms", "because"),
    [
        ([], STARTING_MS, "nothing is known"),
        ([4_000] * 4, STARTING_MS, "too little is known"),
        ([4_000] * 5, EARLIEST_MS, "the caller always waits long"),
        ([600] * 20, 600, "the answer always comes first"),
        ([1_200] * 20, 1_200, "the line would delay the answer more than it covers"),
        ([500] * 15 + [6_000] * 5, 500, "what is not there by then takes long"),
    ],
)
def test_a_line_begins_when_it_covers_more_than_it_delays(
    lasted_ms: list[float], threshold_ms: int, because: str
) -> None:
    assert adaptive_threshold_ms(lasted_ms, LINE_MS) == threshold_ms, because


@given(st.lists(st.floats(50, 30_000), min_size=5, max_size=50), st.floats(400, 5_000))
def test_no_line_begins_when_the_answer_is_expected_within_half_a_second(
    lasted_ms: list[float], line_ms: float
) -> None:
    at_ms = adaptive_threshold_ms(lasted_ms, line_ms)
    left_ms = sorted(lasted - at_ms for lasted in lasted_ms if lasted > at_ms)
    assert at_ms >= EARLIEST_MS
    assert at_ms <= max(EARLIEST_MS, *lasted_ms) + 50
    assert not left_ms or left_ms[len(left_ms) // 2] > SOON_MS


def test_only_the_latest_waits_count_and_each_tool_has_its_own() -> None:
    history = History()
    key, other = ("+18005550100", "a"), ("+18005550100", "b")
    for lasted_ms in [9_000] * 60 + [600] * 50:
        history.note(key, lasted_ms)
    assert history.threshold_ms(key, LINE_MS) == 600
    assert history.threshold_ms(other, LINE_MS) == STARTING_MS


def test_a_line_costs_what_it_outlasts() -> None:
    assert outcome_ms(700, 800, LINE_MS) == (700, 0)
    assert outcome_ms(1_000, 800, LINE_MS) == (800, 1_800)
    assert outcome_ms(5_000, 800, LINE_MS) == (800, 0)


def test_it_beats_a_fixed_threshold_on_tools_of_every_pace() -> None:
    dice = random.Random(1)  # noqa: S311 - paces of tools
    for name, middle_ms, spread in (("fast", 600, 0.3), ("even", 1_100, 0.2), ("slow", 4_000, 0.5)):
        waits_ms = [middle_ms * dice.lognormvariate(0, spread) for _ in range(400)]
        history, key = History(), (name, name)
        adaptive = fixed = 0.0
        for lasted_ms in waits_ms:
            threshold_ms = history.threshold_ms(key, LINE_MS)
            adaptive += sum(outcome_ms(lasted_ms, threshold_ms, LINE_MS))
            fixed += sum(outcome_ms(lasted_ms, STARTING_MS, LINE_MS))
            history.note(key, lasted_ms)
        print(f"{name}: silence and delay {adaptive / 400:.0f} ms a wait, fixed {fixed / 400:.0f}")  # noqa: T201
        assert adaptive < fixed
