"""The process's life: start, serve, drain, stop."""

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence

from aiohttp import web
from structlog import get_logger

from bridge.call.race import race
from bridge.service.app import build_app
from bridge.service.flows import Flows
from bridge.service.held_up import watched_for_hold_ups
from bridge.service.listening import listening
from bridge.service.load import watched
from bridge.service.numbers.watching import watching
from bridge.service.parts import CAPACITY, DRAIN, LINES, METRICS, PROMPTS, SWITCHBOARD, VOICES
from bridge.service.rendering import kept_rendered
from bridge.service.settings import Settings

log = get_logger(__name__)


async def serve(
    settings: Settings,
    flows: Flows,
    extras: Sequence[Callable[[web.Application, Settings], None]] = (),
) -> None:
    """Serve until SIGTERM, SIGINT or an operator's word, then let the calls in progress end.

    A signal after that ends them, as `INTERLUDE_DRAIN_S` does, with a few words. The web server is
    stopped after the last call only: as soon as it begins its own graceful shutdown, aiohttp makes
    open WebSockets deaf.
    """
    async with listening(
        build_app(settings, flows, extras=extras),
        host=settings.interlude_host,
        port=settings.interlude_port,
    ) as runner:
        signals: asyncio.Queue[None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, signals.put_nowait, None)
        lines = runner.app[LINES]
        log.info("serving", numbers=len(lines.current.by_number), port=runner.addresses[0][1])
        gc.collect()
        gc.freeze()  # start-up objects live forever: without this, a full collection takes 40 ms
        async with (
            watched(runner.app[CAPACITY].load),
            watched_for_hold_ups(runner.app[METRICS].count_hold_up),
            watching(lines),
            kept_rendered(runner.app[PROMPTS], lines, runner.app[VOICES]),
        ):
            await race(signals.get(), _asked(runner.app[DRAIN]))
        log.info("draining")
        switchboard = runner.app[SWITCHBOARD]
        await race(switchboard.drain(settings.interlude_drain_s), signals.get())
        switchboard.end_all()
        await switchboard.drain()
    log.info("stopped")


async def _asked(drain: asyncio.Event) -> None:
    await drain.wait()
