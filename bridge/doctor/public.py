"""Whether the internet's way leads to this service, WebSockets pass, and its doors are shut."""

import asyncio
import base64
import secrets
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from bridge.doctor.finding import PATIENCE_S, Finding, ok, problem, warning
from bridge.doctor.hosts import START_IT
from bridge.service.door_settings import Auth

_NAME = "service"
_ALIVE = {"status": "live"}
_REFUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

_UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
_MOST_BYTES = 1 << 16


async def check_public(url: str, auth: Auth) -> list[Finding]:
    """Knock at the doors of the service at `url`, as a stranger."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE_S)) as session:
        status, body = await _ask(session, "GET", f"{url}/health/live")
        if status != HTTPStatus.OK or not _says_alive(body):
            return [_somebody_else(status)]
        doors = [_websockets(session, url)]
        if auth is not Auth.OFF:
            doors += [_events(session, url, auth), _metrics(session, url)]
        return [ok(_NAME, "answers at its public URL."), *await asyncio.gather(*doors)]


def _somebody_else(status: int | str) -> Finding:
    if isinstance(status, str) or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return warning(_NAME, f"does not answer at its public URL ({status}).", START_IT)
    return problem(
        _NAME,
        f"does not answer at its public URL: /health/live comes to {status}, by somebody else.",
        "Have the ingress pass all paths on to this service, or correct INTERLUDE_PUBLIC_URL.",
    )


async def _websockets(session: aiohttp.ClientSession, url: str) -> Finding:
    name = "WebSockets"
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    headers = {**_UPGRADE, "Sec-WebSocket-Key": key}
    status, _ = await _ask(session, "GET", f"{url}/acs/media/doctor", headers=headers)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return ok(name, "pass, and strangers are refused.")
        case HTTPStatus.SWITCHING_PROTOCOLS | HTTPStatus.OK:
            return problem(
                name,
                f"whoever asks for media is answered {status}, by somebody else than Interlude.",
                "Have the ingress pass /acs/media/ on to this service.",
            )
    return problem(
        name,
        f"do not pass: the upgrade comes to {status}.",
        "Have the ingress pass WebSockets on, with the headers Upgrade and Connection, over "
        "HTTP/1.1.",
    )


async def _events(session: aiohttp.ClientSession, url: str, auth: Auth) -> Finding:
    name = "door of Event Grid"
    status, _ = await _ask(session, "POST", f"{url}/acs/events", json=[])
    if status in _REFUSES:
        return ok(name, "shut to strangers.")
    if status == HTTPStatus.OK:
        if auth is Auth.LOG:
            return warning(name, "open: INTERLUDE_AUTH=log.", "Unset INTERLUDE_AUTH.")
        return problem(
            name,
            "open: anyone may post calls.",
            "Restart the service with these settings, and let no proxy add a key.",
        )
    return problem(
        name,
        f"whoever posts comes to {status}, which is not of Interlude's doing.",
        "Have the ingress pass POST /acs/events on to this service.",
    )


async def _metrics(session: aiohttp.ClientSession, url: str) -> Finding:
    status, _ = await _ask(session, "GET", f"{url}/metrics")
    if status == HTTPStatus.OK:
        return problem(
            "metrics",
            "open: anyone may read /metrics.",
            "Restart the service with these settings, and let no proxy add a key.",
        )
    return ok("metrics", "shut to strangers.")


async def _ask(
    session: aiohttp.ClientSession, method: str, url: str, **more: Any
) -> tuple[int | str, bytes]:
    """Status and body; where there is no answer, the name of the error."""
    try:
        async with session.request(method, url, allow_redirects=False, **more) as response:
            if response.status == HTTPStatus.SWITCHING_PROTOCOLS:
                return response.status, b""
            return response.status, await response.content.read(_MOST_BYTES)
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__, b""


def _says_alive(body: bytes) -> bool:
    try:
        return bool(orjson.loads(body) == _ALIVE)
    except orjson.JSONDecodeError:
        return False
