"""Having a running service place a call, as `interlude dial` does."""

from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from bridge.service.settings import Remote

_PATIENCE_S = 60
"""Longer than the service tries to reach ACS."""

_LONGEST_SENTENCE = 500
"""Characters; what is longer comes from something between us and the service."""


class NotDialled(Exception):
    """There is no call; the message is the service's sentence, or tells why there is none."""


async def dial(remote: Remote, flow: str, to: str) -> str:
    """Have a call placed; returns its id, as it is in the service's log.

    Raises:
        NotDialled: the service refused, was not reached, or is none of ours.
    """
    url = f"{remote.interlude_public_url}/calls"
    bearer = {"Authorization": f"Bearer {remote.interlude_api_key.get_secret_value()}"}
    patience = aiohttp.ClientTimeout(_PATIENCE_S)
    try:
        async with (
            aiohttp.ClientSession(headers=bearer, timeout=patience) as session,
            session.post(url, json={"flow": flow, "to": to}, allow_redirects=False) as response,
        ):
            text = await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotDialled(f"{url} was not reached: {type(error).__name__}.") from error
    if response.status == HTTPStatus.CREATED and (call_id := _id(text)):
        return call_id
    if response.content_type == "text/plain" and 0 < len(text) <= _LONGEST_SENTENCE:
        raise NotDialled(text)
    raise NotDialled(f"{url} answered {response.status}, and not as Interlude does.")


def _id(text: str) -> str | None:
    try:
        placed: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    match placed:
        case {"id": str(call_id)}:
            return call_id
    return None
