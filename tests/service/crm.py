"""The operator's own server, which checks posts by the specification alone; a box that posts."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import orjson
from aiohttp import web

from bridge.service.posting import PostBox

KEY = b"the operator's key of 31 bytes."
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"

CALLER = "+14255550123"
WORDS = "My name is Zoë, and I want my money back."
RECORD = {"type": "call.ended", "data": {"caller": CALLER, "transcript": [WORDS]}}

Answer = int | Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Post:
    """One attempt, as it came."""

    at_s: float
    """Loop time."""
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return orjson.loads(self.body)

    def is_signed(self, key: bytes) -> bool:
        """Verify as the specification asks: time within five minutes, one `v1` that matches."""
        timestamp = self.headers["webhook-timestamp"]
        if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
            return False
        content = f"{self.event_id}.{timestamp}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        signatures = [part.split(",") for part in self.headers["webhook-signature"].split(" ")]
        return any(
            version == "v1" and hmac.compare_digest(signature, expected)
            for version, signature in signatures
        )


class Crm:
    """Remembers every post, and answers 200 unless a test wants something else."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answers: list[Answer] = []
        """What is answered first, one after the other."""
        self.always: Answer = 200
        """What is answered then."""
        self.waiting = self.most_waiting = 0
        """Posts that have no answer yet, now and at the worst moment."""
        self._arrived = asyncio.Condition()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1, handler_cancellation=True
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/calls?token=of-the-operator"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def waits_s(self) -> list[float]:
        """Between one post and the next."""
        times = [post.at_s for post in self.posts]
        return [after - before for before, after in pairwise(times)]

    async def has(self, count: int) -> None:
        """Wait for so many posts."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.posts) >= count)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        now_s = asyncio.get_running_loop().time()
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self._arrived:
            self.posts.append(Post(now_s, request.path, headers, await request.read()))
            self._arrived.notify_all()
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            answer = self.answers.pop(0) if self.answers else self.always
            return web.Response(status=answer) if isinstance(answer, int) else await answer(request)
        finally:
            self.waiting -= 1


def after(wait_s: float) -> Answer:
    """Answer 200, late."""

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(wait_s)
        return web.Response()

    return answer


def saying(status: int, headers: dict[str, str]) -> Answer:
    """Answer with headers."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    return answer


@asynccontextmanager
async def open_box(url: str, folder: Path, secret: str = SECRET) -> AsyncIterator[PostBox]:
    """A box that runs; leaving stops it, as the end of the process would."""
    box = PostBox(url, secret, folder)
    running = asyncio.create_task(box.run())
    try:
        yield box
    finally:
        running.cancel()
        await asyncio.wait({running})
    assert running.cancelled(), "it must never end by itself"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
