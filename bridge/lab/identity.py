"""A managed identity, as Azure gives one to a container: an endpoint that hands out tokens."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

PATH = "/msi/token"
_TOKEN = "lab-token"  # noqa: S105 - opens nothing
HEADER = "lab-identity"
"""What whoever asks for a token must show, in `X-IDENTITY-HEADER`."""


@dataclass
class ManagedIdentity:
    """What is handed out."""

    token: str = _TOKEN
    lasts_s: float = 86_400
    """So long from when it is asked for."""
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, whoever asks has to wait."""


async def hand_out(request: web.Request, identity: ManagedIdentity | None = None) -> web.Response:
    """Answer with a token, as App Service and Container Apps do; version 2019-08-01."""
    identity = identity or ManagedIdentity()
    if request.headers.get("X-IDENTITY-HEADER") != HEADER:
        raise web.HTTPUnauthorized
    return web.json_response(
        {
            "access_token": identity.token,
            "expires_on": str(int(time.time() + identity.lasts_s)),
            "resource": request.query["resource"],
            "token_type": "Bearer",
        }
    )


@asynccontextmanager
async def managed_identity(hands_out: str = _TOKEN) -> AsyncIterator[ManagedIdentity]:
    """Let this process have an identity: `azure-identity` finds it through the environment."""
    identity = ManagedIdentity(hands_out)
    identity.answers.set()

    async def answer(request: web.Request) -> web.Response:
        await identity.answers.wait()
        return await hand_out(request, identity)

    app = web.Application()
    app.router.add_get(PATH, answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        given = {
            "IDENTITY_ENDPOINT": f"http://{host}:{port}{PATH}",
            "IDENTITY_HEADER": HEADER,
        }
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield identity
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value
    finally:
        await runner.cleanup()
