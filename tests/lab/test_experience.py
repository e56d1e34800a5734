"""Figures of calls whose truth is known, and the budgets that they are held to."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.lab.budget import Budget, Failure
from bridge.lab.experience import FIGURES, NEUTRAL, Experience, Spread, in_words, spreads
from tests.lab.tones import a_call

WAIT = {"covered_ms": 1_400, "wasted": True}


def test_the_figures_of_an_ordinary_call() -> None:
    report = a_call(
        ("agent greets", 0.2, 2),
        ("caller asks", 3, 4),
        ("interim", 5.1, 6.5),
        ("music", 7, 10),
        ("agent answers", 10.4, 13),
        ("caller thanks", 12.8, 13.6),
        ("agent bye", 14, 15),
        lasts_s=16,
        reprompts=1,
        waits=[WAIT, WAIT | {"wasted": False}],
    )
    assert Experience.of(report) == Experience(
        dead_air_s=1.1,
        answer_gap_p50_s=0.4,
        answer_gap_p95_s=1.1,
        cover_s=4.4,
        wasted_s=1.4,
        barge_in_stop_ms=200,
        reprompts=1,
        words_cut=0,
        talked_over_s=0.2,
        interim_lines=1,
        longest_speech_s=2.6,
        at_ms={
            "dead_air_s": 4_000,
            "answer_gap_p50_s": 13_600,
            "answer_gap_p95_s": 4_000,
            "cover_s": 7_000,
            "barge_in_stop_ms": 12_800,
            "talked_over_s": 12_800,
            "interim_lines": 5_100,
            "longest_speech_s": 10_400,
        },
    )


def test_a_call_without_a_sound_has_nothing_but_dead_air() -> None:
    experience = Experience.of(a_call(lasts_s=3))
    figures = {name: getattr(experience, name) for name in FIGURES}
    assert {name: figure for name, figure in figures.items() if figure} == {"dead_air_s": 3.0}
    assert experience.answer_gap_p95_s is None
    assert experience.barge_in_stop_ms is None


def test_turns_that_are_not_answered_or_talked_through_have_no_gap() -> None:
    unanswered = a_call(("caller", 1, 2), ("caller hello", 6, 7), ("agent", 7.5, 9))
    assert Experience.of(unanswered).answer_gap_p95_s == 0.5
    backchannel = a_call(("agent", 0, 6), ("caller mhm", 3, 3.4), ("agent again", 9, 10))
    assert Experience.of(backchannel).answer_gap_p95_s is None
    assert Experience.of(backchannel).barge_in_stop_ms == 3_000


@settings(deadline=None)
@given(st.lists(st.integers(15, 100), min_size=1, max_size=12))
def test_gaps_are_those_that_were_left(frames: list[int]) -> None:
    spells, at = list[tuple[str, float, float]](), 0
    for number, gap in enumerate(frames):
        caller, agent = at + 25, at + 25 + 25 + gap
        spells.append((f"caller {number}", caller / 50, (caller + 25) / 50))
        spells.append((f"agent {number}", agent / 50, (agent + 25) / 50))
        at = agent + 25
    experience = Experience.of(a_call(*spells, lasts_s=at / 50 + 1))
    gaps_s = sorted(gap / 50 for gap in frames)
    assert experience.dead_air_s == pytest.approx(gaps_s[-1] if gaps_s[-1] > 0.3 else 0)
    assert experience.answer_gap_p95_s in gaps_s[-max(1, len(gaps_s) // 10) :]
    below = sum(gap <= (experience.answer_gap_p50_s or 0) for gap in gaps_s)
    assert below >= len(gaps_s) / 2
    assert experience.words_cut == experience.talked_over_s == experience.cover_s == 0


@settings(deadline=None)
@given(st.integers(26, 149), st.integers(1, 100))
def test_a_barge_in_is_measured_to_the_frame(begins: int, takes: int) -> None:
    stops = begins + takes
    report = a_call(
        ("agent", 0, stops / 50), ("caller", begins / 50, (stops + 50) / 50), broken=["agent"]
    )
    experience = Experience.of(report)
    assert experience.barge_in_stop_ms == pytest.approx(takes * 20)
    assert experience.talked_over_s == pytest.approx(takes / 50)
    assert experience.words_cut == 0


def test_every_figure_has_a_name_and_a_budget() -> None:
    figures = {field.name for field in fields(Experience)} - {"at_ms"}
    assert figures == set(FIGURES) == set(Budget.model_fields)
    assert set(NEUTRAL) < figures


def test_a_broken_budget_says_what_how_much_and_where() -> None:
    experience = Experience.of(a_call(("caller", 1, 2), ("agent", 4.4, 6), lasts_s=7, reprompts=2))
    budget = Budget(dead_air_s=1.5, reprompts=1, answer_gap_p95_s=2.4, barge_in_stop_ms=200)
    failures = budget.broken_by(experience)
    assert failures == [
        Failure("Longest dead air: 2.40 s, at 2.00 s; the budget is 1.50 s.", 2_000),
        Failure("Reprompts: 2; the budget is 1.", None),
    ]
    assert str(failures[1]) == "Reprompts: 2; the budget is 1."
    assert Budget().broken_by(experience) == []
    assert Budget(barge_in_stop_ms=0).broken_by(experience) == [], "there was no barge-in"


@pytest.mark.parametrize("wrong", [{"dead_air": 1}, {"dead_air_s": -1}, {"wasted_s": "inf"}])
def test_a_budget_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Budget.model_validate(wrong)


def test_figures_are_told_with_their_units() -> None:
    assert in_words("dead_air_s", 1.234) == "1.23 s"
    assert in_words("barge_in_stop_ms", 120.0) == "120 ms"
    assert in_words("words_cut", 2) == "2"
    assert in_words("barge_in_stop_ms", None) == "none"


def test_many_calls_are_told_by_their_median_and_their_worst() -> None:
    calls = [a_call(("caller", 1, 2), ("agent", 2 + gap, 9)) for gap in (0.4, 0.6, 1.4)]
    over = spreads([Experience.of(call) for call in calls])
    assert over["dead_air_s"] == Spread(0.6, 1.4, 1.4)
    assert "barge_in_stop_ms" not in over
    assert spreads([]) == {}
