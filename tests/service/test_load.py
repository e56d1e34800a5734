"""How busy the process is: for seconds, not for a moment, and without flapping."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bridge.service.load import (
    HIGH_CORE,
    HIGH_LATE_S,
    LOW_CORE,
    LOW_LATE_S,
    TICK_S,
    TICKS,
    Load,
    watched,
)


def lives(load: Load, ticks: int, *, core: float = 0.3, late_s: float = 0.001) -> list[bool]:
    """Whether it was high after each tick."""
    seen = []
    for _ in range(ticks):
        load.note(TICK_S + late_s, core * (TICK_S + late_s))
        seen.append(load.is_high)
    return seen


@pytest.mark.parametrize("trouble", [{"core": HIGH_CORE + 0.01}, {"late_s": HIGH_LATE_S * 1.01}])
def test_five_seconds_of_trouble_are_load_and_five_of_rest_end_it(
    trouble: dict[str, float],
) -> None:
    load = Load()
    with capture_logs() as logs:
        assert lives(load, TICKS, **trouble) == [False] * (TICKS - 1) + [True]
        assert lives(load, TICKS)[-1] is False
    assert [line["event"] for line in logs] == ["load.high", "load.normal"]


def test_a_single_hold_up_is_no_load() -> None:
    load = Load()
    lives(load, TICKS)
    assert not any(lives(load, 1, late_s=2.0) + lives(load, TICKS))


@pytest.mark.parametrize("between", [{"core": 0.8}, {"late_s": 0.015}])
def test_between_the_bounds_it_stays_what_it_is(between: dict[str, float]) -> None:
    load = Load()
    assert not any(lives(load, 3 * TICKS, **between))
    lives(load, TICKS, core=1.0, late_s=0.03)
    assert all(lives(load, 3 * TICKS, **between))
    assert lives(load, TICKS)[-1] is False


@given(st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, 0.1)), min_size=1, max_size=200))
def test_it_changes_only_beyond_the_bound_that_it_had_not_crossed(
    ticks: list[tuple[float, float]],
) -> None:
    load = Load()
    for core, late_s in ticks:
        was_high = load.is_high
        lives(load, 1, core=core, late_s=late_s)
        if load.is_high and not was_high:
            assert load.core >= HIGH_CORE or load.late_s >= HIGH_LATE_S
        if was_high and not load.is_high:
            assert load.core < LOW_CORE
            assert load.late_s < LOW_LATE_S


def test_a_process_that_was_not_watched_yet_is_idle() -> None:
    load = Load()
    assert (load.core, load.late_s, load.is_high) == (0, 0, False)


async def test_a_process_that_is_watched_is_seen_to_work() -> None:
    load = Load()
    async with watched(load):
        await asyncio.sleep(0)
        began_s = time.process_time()
        while time.process_time() - began_s < 0.05:
            pass
        await asyncio.sleep(TICK_S * 1.5)
    assert load.core > 0
