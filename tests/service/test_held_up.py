"""Whatever holds up the event loop is named: place by place, without a value of anything."""

import asyncio
import threading
import time
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.service.held_up import watched_for_hold_ups

Lines = list[MutableMapping[str, Any]]


def work(seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        pass


def ask_a_server_without_awaiting(secret: str) -> None:
    """What a tool must not do."""
    assert secret
    time.sleep(0.4)


def warned(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "loop.held_up"]


@pytest.fixture
def took_s() -> list[float]:
    return []


async def until_counted(took_s: list[float], times: int) -> None:
    give_up_s = time.monotonic() + 5
    while len(took_s) < times and time.monotonic() < give_up_s:  # noqa: ASYNC110 - a thread counts
        await asyncio.sleep(0.01)


async def test_what_holds_up_the_loop_is_named_and_counted(took_s: list[float]) -> None:
    with capture_logs() as lines:
        async with watched_for_hold_ups(took_s.append):
            await asyncio.sleep(0.1)
            ask_a_server_without_awaiting("hunter2")
            await until_counted(took_s, 1)
    (line,) = warned(lines)
    assert line["at"].startswith("tests/service/test_held_up.py:")
    assert line["at"].endswith(" ask_a_server_without_awaiting")
    assert line["frames"][0] == line["at"]
    assert "hunter2" not in str(lines)
    assert took_s[0] >= 0.4
    assert lines[-1]["took_ms"] >= 400


async def test_one_place_is_told_of_once_a_minute_and_counted_each_time(
    took_s: list[float],
) -> None:
    with capture_logs() as lines:
        async with watched_for_hold_ups(took_s.append):
            for times in (1, 2):
                await asyncio.sleep(0.06)
                ask_a_server_without_awaiting("x")
                await until_counted(took_s, times)
    assert len(warned(lines)) == 1
    assert len(took_s) == 2


async def test_a_loop_that_works_in_small_pieces_is_left_alone(took_s: list[float]) -> None:
    with capture_logs() as lines:
        async with watched_for_hold_ups(took_s.append, held_up_s=5):
            for _ in range(20):
                work(0.01)
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)
    assert (lines, took_s) == ([], [])


async def test_the_watch_ends_with_the_service(took_s: list[float]) -> None:
    async with watched_for_hold_ups(took_s.append):
        assert "held-up" in {thread.name for thread in threading.enumerate()}
    assert "held-up" not in {thread.name for thread in threading.enumerate()}
