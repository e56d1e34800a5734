"""Whole calls through real sockets: the service between the two stand-ins."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.trial import Trial, trial

NUMBER = "+18005550100"

Stage = Callable[..., Awaitable[Trial]]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Set up the service for one flow, between stand-ins with switches."""
    gc.freeze()  # what is there before the call is not looked at after it
    async with AsyncExitStack() as stack:

        async def set_up(flow: Callflow, *, folder: Path = Path(), **switches: Any) -> Trial:
            flows = Flows({"line": flow}, folder)
            return await stack.enter_async_context(trial(flows, **switches))

        yield set_up
    gc.collect()  # what was not closed warns now, in the test that left it open
