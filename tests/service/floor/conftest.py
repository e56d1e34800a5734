"""A service, and operators at their desks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.trial import READ_KEY, Trial, trial
from tests.service.floor.desk import EDIT_KEY, Desk

Stage = Callable[..., Awaitable[Trial]]
Sits = Callable[[Trial], tuple[Desk, Desk]]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Set up the service for one flow; leaving ends every call."""
    async with AsyncExitStack() as stack:

        async def set_up(flow: Callflow, **switches: Any) -> Trial:
            flows = Flows({"line": flow}, Path("callflows"))
            running = trial(flows, interlude_api_key=EDIT_KEY, **switches)
            return await stack.enter_async_context(running)

        yield set_up


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def desks(web: ClientSession) -> Sits:
    """A reader and an editor."""
    return lambda scene: (Desk(scene.url, web, READ_KEY), Desk(scene.url, web, EDIT_KEY))
