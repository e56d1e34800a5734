"""A neighbour of real replicas that is none: it says nothing, or what a test has it say."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from bridge.service.parts import FLEET
from bridge.service.replicas.desk import Desk
from bridge.service.replicas.store import open_store
from bridge.service.tokens import Tokens
from tests.replicas.people import SECRET, until
from tests.replicas.redis_server import RedisServer
from tests.replicas.stage import Stage


@contextmanager
def a_silent_port() -> Iterator[int]:
    """Somebody takes connections there, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


async def joins(scene: Stage, redis: RedisServer, port: int, secret: str = SECRET) -> None:
    """One more replica says once that it is at a port; after 8 s it is taken to be lost."""
    service = scene.apps[0][FLEET].desk.mailbox.split("{interlude:")[1].split("}")[0]
    async with open_store(redis.url) as store:
        table = Desk(store, service, f"silent@127.0.0.1:{port}", Tokens(secret))
        async with store.redis.pipeline(transaction=False) as pipe:
            await table.keeps(pipe, [], [])
            await pipe.execute()


@asynccontextmanager
async def a_neighbour(
    scene: Stage, redis: RedisServer, *routes: web.RouteDef
) -> AsyncIterator[None]:
    """Somebody whom the first replica takes for another, and who answers so."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fleet = scene.apps[0][FLEET]
    known = len(fleet.neighbours)
    try:
        await joins(scene, redis, runner.addresses[0][1])
        fleet.stirred.set()
        await until(lambda: len(fleet.neighbours) > known)
        yield
    finally:
        await runner.cleanup()
