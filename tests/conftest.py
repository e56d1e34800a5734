"""What every test stands on: time that does not race, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio
from hypothesis import settings

from bridge.lab.clock import VirtualTimeLoop
from bridge.lab.speech import Studio

# Hypothesis would fail a case that takes 200 ms, as any does at times on a busy machine.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest_asyncio.fixture(autouse=True)
async def nothing_outlives_the_test() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"still running: {left}"


@pytest.fixture
def studio() -> Studio:
    """The mouths and ears of the lab."""
    return Studio()
