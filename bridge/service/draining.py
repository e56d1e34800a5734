"""Having a running service drain, as `interlude drain` does."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from bridge.service.settings import Remote

_PATIENCE = aiohttp.ClientTimeout(10)
_LOOK_S = 1.0
_LONGEST_SENTENCE = 500
"""Characters; what is longer comes from something between us and the service."""


class NotDrained(Exception):
    """The service goes on as before, or who knows; the message is a sentence."""


async def drain(remote: Remote, *, waits: bool, tell: Callable[[int], None]) -> None:
    """Have a service drain, and `tell` how many calls it still has, whenever that changes.

    Returns at once, or, where it `waits`, when the last call has ended.

    Raises:
        NotDrained: the service refused, was not reached, or is none of ours.
    """
    url = f"{remote.interlude_public_url}/api/v1/drain"
    bearer = {"Authorization": f"Bearer {remote.interlude_api_key.get_secret_value()}"}
    async with aiohttp.ClientSession(headers=bearer, timeout=_PATIENCE) as session:
        try:
            left = await _asked(session, "POST", url)
            tell(left)
        except aiohttp.ClientConnectionError as error:
            raise NotDrained(f"{url} was not reached: {type(error).__name__}.") from error
        except TimeoutError as error:
            raise NotDrained(f"{url} did not answer in time.") from error
        while waits and left:
            await asyncio.sleep(_LOOK_S)
            try:
                was, left = left, await _asked(session, "GET", url)
            except (aiohttp.ClientConnectionError, TimeoutError):
                return tell(0)  # it ends with its last call
            if left != was:
                tell(left)
    return None


async def _asked(session: aiohttp.ClientSession, method: str, url: str) -> int:
    """How many calls the service has."""
    async with session.request(method, url, allow_redirects=False) as response:
        text = await response.text(errors="replace")
    if response.status == HTTPStatus.OK and (calls := _calls(text)) is not None:
        return calls
    if response.content_type == "text/plain" and 0 < len(text) <= _LONGEST_SENTENCE:
        raise NotDrained(text)
    raise NotDrained(f"{url} answered {response.status}, and not as a draining Interlude does.")


def _calls(text: str) -> int | None:
    try:
        told: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    match told:
        case {"draining": True, "calls": int(calls)}:
            return calls
    return None
