"""A soak sees what grows, and callers who come and go leave nothing behind."""

from dataclasses import replace

import pytest

from bench.soak import FIGURES, Look, Soak, soak

STEADY = Look(at_s=0, rss_kib=120_000, descriptors=50, threads=8, tasks=340, calls=10)


def soaked(looks: list[Look]) -> Soak:
    return Soak("resampled", 10, looks, STEADY, STEADY, begun=100, cut=0, renewed=0, lost=0)


def test_what_stays_is_flat_whatever_it_was_while_it_warmed_up() -> None:
    looks = [replace(STEADY, at_s=n, rss_kib=60_000 if n < 10 else 120_000) for n in range(100)]
    assert soaked(looks).is_flat


@pytest.mark.parametrize("figure", FIGURES)
def test_three_percent_more_is_seen(figure: str) -> None:
    def grown(n: int) -> int:
        return round(1_000_000 * (1 + 0.03 * n / 50))

    looks = [replace(STEADY, at_s=n, **{figure: grown(n)}) for n in range(100)]
    done = soaked(looks)
    assert not done.is_flat
    assert done.growth(figure) > 0.02


@pytest.mark.once
def test_callers_come_and_go_for_twenty_seconds_and_leave_nothing() -> None:
    done = soak("resampled", 4, minutes=20 / 60, apart_s=0.5)
    assert done.begun > 4
    assert (done.cut, done.renewed, done.lost) == (0, 0, 0)
    assert done.after.calls == 0
    assert done.after.tasks < done.before.tasks + done.begun, "not one for each call"
    assert done.after.descriptors < done.before.descriptors + done.begun, "the same"
