"""One beat for all, that neither drifts nor runs when nobody listens."""

import asyncio

import pytest

from bridge.call.ticker import Ticker
from bridge.lab.clock import VirtualTimeLoop


async def test_beats_come_every_20_ms_whatever_is_done_between() -> None:
    ticker, loop = Ticker(), asyncio.get_running_loop()
    times = []
    for _ in range(500):
        await ticker.beat()
        times.append(loop.time())
        await asyncio.sleep(0.013)
    assert times[-1] - times[0] == pytest.approx(499 * 0.020, abs=1e-6)


async def test_all_who_wait_are_woken_by_one_timer() -> None:
    ticker, loop = Ticker(), asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    waiting = [ticker.beat() for _ in range(100)]
    await asyncio.sleep(0)
    assert len(loop._scheduled) == 1  # type: ignore[attr-defined]  # asyncio shows its timers nowhere else
    await asyncio.gather(*waiting)
    assert not loop._scheduled  # type: ignore[attr-defined]


async def test_a_call_that_ends_while_it_waits_takes_nobody_along() -> None:
    ticker = Ticker()
    gone, stays = ticker.beat(), ticker.beat()
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(stays, 0.1)


async def test_a_missed_beat_is_not_made_up_for() -> None:
    ticker, loop = Ticker(), asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    await ticker.beat()
    first = ticker.beat()
    await asyncio.sleep(0)
    loop.blocks(0.5)
    await first
    began = loop.time()
    await ticker.beat()
    assert 0 < loop.time() - began < 0.0201
