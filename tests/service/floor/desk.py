"""An operator at a desk: what they see over HTTP, and what they do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import ClientSession

from bridge.trial import READ_KEY

EDIT_KEY = "0123456789abcdef0123456789abcdef"


class Desk:
    """Asks as whoever has this token or key."""

    def __init__(self, url: str, web: ClientSession, proof: str) -> None:
        self._url = f"{url}/api/v1"
        self._web = web
        self._headers = {"Authorization": f"Bearer {proof}"}

    async def sees(self, path: str) -> Any:
        """What a path tells."""
        status, told = await self.asks("GET", path)
        assert status == 200, told
        return told

    async def asks(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        """Status, and JSON or a sentence."""
        url = f"{self._url}{path}"
        async with self._web.request(method, url, headers=self._headers, **body) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    @asynccontextmanager
    async def watches(self, path: str) -> AsyncIterator[AsyncIterator[Any]]:
        """The data of server-sent events, as they come; ends with the stream."""
        async with self._web.get(
            f"{self._url}{path}", headers=self._headers, read_bufsize=1 << 24
        ) as stream:
            assert stream.status == 200, await stream.text()
            yield _data(stream.content)

    async def waits_until(self, call_id: str, doing: str) -> Any:
        """Watch the floor until a call does this; the call then."""
        async with asyncio.timeout(20), self.watches("/calls/events") as events:
            async for change in events:
                for call in change["calls"]:
                    if call["id"] == call_id and call["doing"]["kind"] == doing:
                        return call
        raise AssertionError("the stream has ended")

    async def sees_until(self, call_id: str, is_so: Callable[[Any], bool]) -> Any:
        """Watch a call until something is so; its detail then."""
        async with asyncio.timeout(20), self.watches(f"/calls/{call_id}/events") as events:
            async for _ in events:
                detail = await self.sees(f"/calls/{call_id}")
                if is_so(detail):
                    return detail
        raise AssertionError("the stream has ended")


async def _data(lines: Any) -> AsyncIterator[Any]:
    async for line in lines:
        if line.startswith(b"data: "):
            yield orjson.loads(line[6:])


async def the_call(desk: Desk) -> str:
    """The id of the one call in progress."""
    (call,) = (await desk.sees("/calls"))["calls"]
    call_id: str = call["id"]
    return call_id


__all__ = ["EDIT_KEY", "READ_KEY", "Desk", "the_call"]
