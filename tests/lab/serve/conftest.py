from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import orjson
import pytest

from bridge.lab.serve import Lab, Place, open_lab
from bridge.lab.speech import Studio
from tests.lab.acs.conftest import NUMBER, Bridge

Ask = Callable[..., Coroutine[None, None, Any]]
__all__ = ["NUMBER", "Ask", "Bridge"]


@pytest.fixture
async def lab(studio: Studio) -> AsyncIterator[Lab]:
    """A lab on this loop, and so on virtual time."""
    async with open_lab(Place(port=0), studio) as lab:
        yield lab


@pytest.fixture
async def tries(lab: Lab) -> AsyncIterator[Ask]:
    """A request to the control API; status and answer."""
    async with aiohttp.ClientSession(lab.control_url) as session:

        async def tries(method: str, path: str, content: Any = None, **options: Any) -> Any:
            body = content if isinstance(content, bytes) else orjson.dumps(content)
            data = None if content is None else body
            async with session.request(method, path, data=data, **options) as response:
                raw = await response.read()
                return response.status, raw if raw.startswith(b"RIFF") else orjson.loads(raw)

        yield tries


@pytest.fixture
async def ask(tries: Ask) -> Ask:
    """A request that is done; its answer."""

    async def ask(method: str, path: str, content: Any = None) -> Any:
        status, answer = await tries(method, path, content)
        assert status == 200, answer
        return answer

    return ask


@pytest.fixture
async def bridge(lab: Lab, ask: Ask) -> AsyncIterator[Bridge]:
    """A bridge that echoes, subscribed to calls."""
    async with Bridge() as bridge:
        bridge.connect(lab.stage.acs)
        await ask("PUT", "/subscription", {"url": bridge.url("events")})
        yield bridge
        await bridge.client.close()
