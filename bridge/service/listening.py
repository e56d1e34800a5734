"""Listening for connections, and keeping those short that bring nothing."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from aiohttp import web
from structlog import get_logger

log = get_logger(__name__)

FIRST_REQUEST_S = 10.0
"""From a connection to its first request, headers and all."""
MOST_IDLE = 1_000
"""Connections without a request in progress; beyond, those go that had none for longest."""
_LOOK_S = 2.5


@asynccontextmanager
async def listening(app: web.Application, **where: Any) -> AsyncIterator[web.AppRunner]:
    """Serve an application; `where` are the arguments of `TCPSite`, or `sock`.

    Leaving stops at once: whoever has calls in progress lets them end before. Headers may have 8 KB
    each, and there may be 128 of them (aiohttp's own bounds). Bodies are not decompressed.
    """
    crowd = _Crowd()
    app.middlewares.append(crowd.middleware)
    runner = web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        auto_decompress=False,
        lingering_time=1.0,  # for the rest of a body that was refused
    )
    await runner.setup()
    site = web.SockSite(runner, **where) if "sock" in where else web.TCPSite(runner, **where)
    watching = asyncio.create_task(crowd.watch(runner))
    try:
        await site.start()
        yield runner
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        await runner.cleanup()


class _Crowd:
    """The open connections: when each was last of use.

    Proxies keep connections for later, and close them by themselves after minutes or an hour; a
    limit of time that is shorter than theirs would lose requests. So the number is bounded.
    """

    def __init__(self) -> None:
        self._idle_since: dict[Any, float] = {}
        """Loop time of the end of the last request; infinite while there is one."""
        self._came: dict[Any, float] = {}
        """Loop time at which those were first seen that have had no request."""

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Note a request."""
        loop = asyncio.get_running_loop()
        self._idle_since[request.protocol] = math.inf
        try:
            return await handler(request)
        finally:
            self._idle_since[request.protocol] = loop.time()

    async def watch(self, runner: web.AppRunner) -> NoReturn:
        """Close what is of no use, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            if runner.server:
                self._look(runner.server.connections)

    def _look(self, connections: list[Any]) -> None:
        now = asyncio.get_running_loop().time()
        idle_since, came = self._idle_since, self._came
        self._idle_since = {each: idle_since[each] for each in connections if each in idle_since}
        self._came = {
            each: came.get(each, now) for each in connections if each not in self._idle_since
        }
        late = [each for each, since in self._came.items() if now - since > FIRST_REQUEST_S]
        idle = sorted(
            (each for each, since in self._idle_since.items() if since < now),
            key=self._idle_since.__getitem__,
        )
        closing = late + idle[: max(0, len(idle) - MOST_IDLE)]
        for each in closing:
            each.force_close()
        if closing:
            log.info("connections.closed", late=len(late), idle=len(closing) - len(late))
