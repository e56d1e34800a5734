"""The search for the most calls, with programs whose number is known."""

from dataclasses import replace

import pytest

from bench.calls import Run
from bench.most import QUIET, Level, Search, following, is_carried
from bench.standings import times

IN_TIME = Run(
    scenario="matched",
    calls=50,
    program="product",
    cpu_ms=6.0,
    core=0.3,
    up_ms=(0.3, 3.0, 9.0),
    first_ms=(0.4, 4.0, 9.0),
    jitter_ms=None,
    least_lead_ms=60.0,
    underruns=0.0,
    up_share=1.0,
    down_share=1.0,
    lost=0,
    rss_kib=None,
    gone=0,
    waited=0.0,
    load_core=0.3,
    load_late_ms=None,
)
LATE = replace(IN_TIME, up_ms=(3.0, 20.0, 90.0))


def level(program: str, calls: int, run: Run) -> Level:
    return Level("matched", program, calls, [run, run], waited=0.0)


def found(program: str, number: int, limit: int = 240) -> Search:
    search = Search(program, limit)
    while calls := search.next_calls:
        search.levels.append(level(program, calls, IN_TIME if calls <= number else LATE))
    return search


@pytest.mark.parametrize("number", [0, 1, 3, 8, 40, 101, 180, 239])
def test_the_search_ends_within_six_per_cent_of_the_number(number: int) -> None:
    search = found("product", number)
    assert search.worst
    assert search.calls <= number < search.worst.calls
    assert search.worst.calls - search.calls <= max(2, 0.06 * search.calls)
    assert not search.is_open


def test_a_program_that_carries_the_limit_may_carry_more() -> None:
    search = found("bare", 500)
    assert (search.calls, search.is_open, len(search.levels)) == (240, True, 2)


def test_a_limit_of_one_call_is_tried() -> None:
    assert following(0, None, 1) == 1


def test_a_load_that_has_no_time_to_spare_proves_nothing_against_a_program() -> None:
    search = Search("bare", 240, [level("bare", 240, replace(LATE, load_core=0.95))])
    assert search.is_open


@pytest.mark.parametrize(
    "trouble",
    [
        {"up_ms": (1.0, 20.0, 21.0)},
        {"first_ms": (1.0, 20.0, 21.0)},
        {"up_ms": None},
        {"underruns": 0.1},
        {"lost": 1},
        {"gone": 1},
        {"up_share": 0.9},
    ],
)
def test_two_windows_in_which_anything_is_late_or_lost_decide_against(
    trouble: dict[str, object],
) -> None:
    bad = replace(IN_TIME, **trouble)  # type: ignore[arg-type] # one field, whichever it is
    assert is_carried([bad]) is None
    assert is_carried([IN_TIME, bad]) is None
    assert is_carried([bad, IN_TIME, bad]) is False
    assert is_carried([bad, IN_TIME, IN_TIME]) is True


def test_a_window_that_neighbours_disturbed_counts_only_if_all_came_in_time() -> None:
    disturbed = replace(LATE, waited=QUIET)
    assert is_carried([disturbed] * 4) is None
    assert is_carried([replace(IN_TIME, waited=QUIET)] * 2) is True


def test_a_number_at_which_the_machine_was_too_busy_is_tried_again() -> None:
    search = Search("product", 240, [level("product", 120, replace(LATE, waited=0.4))])
    assert search.next_calls == 120


@pytest.mark.parametrize(("waited", "carries"), [(0.0, False), (0.4, None)])
def test_too_many_calls_to_connect_in_time_are_too_many_unless_neighbours_were_in_the_way(
    *, waited: float, carries: bool | None
) -> None:
    assert Level("matched", "product", 240, [], waited).carries is carries


def test_a_ratio_says_on_which_side_the_truth_is() -> None:
    product, bare, typed = found("product", 180), found("bare", 500), found("typed", 60)
    assert times(product, bare).startswith("≤ ")
    assert times(bare, product).startswith("≥ ")
    assert times(product, typed) == f"{product.calls / typed.calls:.2f}"
    assert times(bare, found("unpaced", 500)) == "-"
    assert times(product, found("typed", 0)) == "-"
