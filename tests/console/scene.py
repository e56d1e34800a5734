"""The real service with its console, and operators who ask for pages without a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, CookieJar

from bridge.trial import READ_KEY, Trial

EDIT_KEY = "0123456789abcdef0123456789abcdef"

OURS = {"Sec-Fetch-Site": "same-origin"}
"""What a browser sends with a form of our own pages."""

__all__ = ["EDIT_KEY", "OURS", "READ_KEY", "asked", "visitor"]


@asynccontextmanager
async def visitor(scene: Trial, key: str | None = None) -> AsyncIterator[ClientSession]:
    """Somebody with a browser's cookies; with a key, as a proxy shows it for them."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    jar = CookieJar(unsafe=True)  # of a host that is an address
    async with ClientSession(scene.url, headers=headers, cookie_jar=jar) as session:
        yield session


async def asked(
    session: ClientSession, path: str, method: str = "GET", **how: Any
) -> tuple[int, str]:
    """Status and text of an answer, redirects followed."""
    async with session.request(method, path, **how) as answer:
        return answer.status, await answer.text()
