"""Fixtures for pytest: `pytest_plugins = ["bridge.rehearsal.plugin"]` in a `conftest.py`.

A test that asks for `phone` runs on a clock that waits for nothing: calls of minutes take seconds.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.lab.clock import VirtualTimeLoop
from bridge.lab.script import Scene
from bridge.rehearsal.call import RehearsedCall
from bridge.rehearsal.stage import dialled
from bridge.service.flows import Flows, load_flows


class Telephone:
    """Dials the lines that the flows answer."""

    def __init__(self, flows: Flows, prompts: Path, calls: AsyncExitStack) -> None:
        self._flows = flows
        self._prompts = prompts
        self._calls = calls

    async def dial(self, number: str, **scene: Any) -> RehearsedCall:
        """Call a line by its number; the call ends with the test.

        `scene` is what a script may hold beside its steps: `voice_live={"first_token_s": 2}`,
        `tools={"order_status": {"takes_s": 8}}`, `colleagues`, `caller`, …

        Raises:
            FlowError: nobody answers that number.
            BadScript: the scene contradicts the flow.
        """
        flow = self._flows.answering(number)
        names = [name for name, each in self._flows.by_name.items() if each is flow]
        name = names[0] if names else number
        return await self._calls.enter_async_context(
            dialled(self._flows, Scene(flow=name, **scene), self._prompts)
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the flows be elsewhere."""
    parser.addini("interlude_flows", "Package or folder of the call flows.", default="callflows")


@pytest.hookimpl(tryfirst=True)
def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]] | None:
    """Run tests with a telephone on the lab's clock, and leave all others alone."""
    has_phone = "phone" in getattr(item, "fixturenames", ())
    return {"virtual": VirtualTimeLoop} if has_phone else None


@pytest.fixture(scope="session")
def call_flows(request: pytest.FixtureRequest) -> Flows:
    """The flows that are called, from the ini option `interlude_flows`."""
    return load_flows(str(request.config.getini("interlude_flows")))


@pytest.fixture(scope="session")
def rendered_prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what flows say word for word is kept between calls."""
    return tmp_path_factory.mktemp("prompts")


@pytest_asyncio.fixture
async def phone(call_flows: Flows, rendered_prompts: Path) -> AsyncIterator[Telephone]:
    """A telephone."""
    async with AsyncExitStack() as calls:
        yield Telephone(call_flows, rendered_prompts, calls)
