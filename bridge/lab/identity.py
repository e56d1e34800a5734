"""A managed identity, as Azure gives one to a container: an endpoint that hands out tokens."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

PATH = "/msi/token"
_TOKEN = "lab-token"  # noqa: S105 - opens nothing
HEADER = "lab-identity"
"""What whoever asks for a token must show, in `X-IDENTITY-HEADER`."""


async def hand_out(request: web.Request, token: str = _TOKEN) -> web.Response:
    """Answer with a token, as App Service and Container Apps do; version 2019-08-01."""
    if request.headers.get("X-IDENTITY-HEADER") != HEADER:
        raise web.HTTPUnauthorized
    return web.json_response(
        {
            "access_token": token,
            "expires_on": str(int(time.time()) + 86_400),
            "resource": request.query["resource"],
            "token_type": "Bearer",
        }
    )


@asynccontextmanager
async def managed_identity(hands_out: str = _TOKEN) -> AsyncIterator[None]:
    """Let this process have an identity: `azure-identity` finds it through the environment."""

    async def answer(request: web.Request) -> web.Response:
        return await hand_out(request, hands_out)

    app = web.Application()
    app.router.add_get(PATH, answer)
    runner = web.AppRunner(app)
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
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value
    finally:
        await runner.cleanup()
