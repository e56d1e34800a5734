"""Reading what strangers send: so much of it, and no longer than it takes."""

import asyncio

import aiohttp
from aiohttp import web

LARGEST = 1 << 20
"""Bytes; Event Grid delivers at most 1 MB at once (Microsoft's quotas of Event Grid)."""
PATIENCE_S = 10.0
"""For all of it."""


async def read_body(request: web.Request, largest: int = LARGEST) -> bytes:
    """Return the body of a request.

    Raises:
        HTTPRequestTimeout: it was not there in time.
        HTTPRequestEntityTooLarge: it is longer than `largest` bytes.
        HTTPBadRequest: it is no body of HTTP, or ended early.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > largest:
                    raise web.HTTPRequestEntityTooLarge(largest, len(body))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (aiohttp.ClientError, web.RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest from error
    return bytes(body)
