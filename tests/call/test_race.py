"""The first to finish decides; nobody is left running."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bridge.call.race import UNDECIDED, Undecided, race


async def after(seconds: float, result: str) -> str:
    await asyncio.sleep(seconds)
    return result


async def fails_after(seconds: float) -> str:
    await asyncio.sleep(seconds)
    raise ValueError(f"after {seconds}")


async def test_the_first_to_return_decides() -> None:
    assert await race(after(2, "slow"), after(1, "quick"), fails_after(3)) == "quick"


async def test_the_first_to_raise_decides() -> None:
    with pytest.raises(ValueError, match="after 1"):
        await race(after(2, "slow"), fails_after(1))


async def test_an_error_while_the_losers_clean_up_is_logged() -> None:
    async def cleans_up_badly() -> str:
        try:
            return await after(5, "never")
        finally:
            raise ValueError("mess")

    with capture_logs() as logs:
        assert await race(after(1, "won"), cleans_up_badly()) == "won"
    assert [(line["event"], str(line["exc_info"])) for line in logs] == [
        ("runner.failed_late", "mess")
    ]


async def test_cancelling_a_race_cancels_its_runners() -> None:
    running = asyncio.create_task(race(after(100, "never")))
    await asyncio.sleep(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_runner_that_is_undecided_is_done() -> None:
    async def done() -> Undecided:
        return UNDECIDED

    async def decides() -> str:
        await asyncio.sleep(1)
        return "decided"

    assert await race(done(), decides(), done()) == "decided"
    with pytest.raises(AssertionError, match="decides"):
        await race(done())
