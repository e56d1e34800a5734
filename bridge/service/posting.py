"""Posts to the operator's own server after each call: signed, repeated, and kept until taken."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from structlog import get_logger

from bridge.service.outbox import EVENT_ID, Outbox
from bridge.service.signatures import Signer

log = get_logger(__name__)

WAITS_S = (5, 30, 120, 600, 3600, 18_000)
"""Before the second attempt, the third and so on, until the seventh, which is the last."""
JITTER = 0.2
"""The part by which a wait is longer or shorter, so that what failed together comes apart."""
AT_ONCE = 4
PATIENCE_S = 10
LONGEST_ASKED_S = 3600
"""What a longer Retry-After counts as."""

_DELIVERED = range(200, 300)
_MAY_ASK = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class PostError(Exception):
    """Posts cannot be kept or signed; the message names the remedy."""


@dataclass(frozen=True)
class _Answer:
    """What came of one attempt."""

    status: int | str
    """HTTP's; where there was no answer, the name of the error."""
    asked_wait_s: float = 0


class PostBox:
    """Deliveries to the operator's webhook: what is put in is delivered, or kept on disk.

    The order is not promised. An event may be delivered twice, under the same `webhook-id`: where
    the answer came too late, or the process ended before it was noted. A restart begins the
    attempts anew. The folder belongs to one process; two that share it deliver twice what is left
    when one starts.

    Raises:
        PostError: `folder` cannot be written, or `secret` is too weak.
    """

    def __init__(self, url: str, secret: str, folder: Path) -> None:
        self._url = url
        try:
            self._signer = Signer(secret)
        except ValueError as error:
            raise PostError(str(error)) from error
        try:
            self._outbox = Outbox(folder)
        except OSError as error:
            raise PostError(
                f"Posts cannot be kept in {folder}: {error.strerror}. "
                "Set INTERLUDE_OUTBOX to a folder that can be written."
            ) from error
        self._open: dict[str, bytes | None] = {}
        """Events neither delivered nor dead; with what is to be posted where it is not on disk."""
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._settled = asyncio.Event()
        self._settled.set()

    def put(self, event_id: str, payload: Mapping[str, Any]) -> None:
        """Have an event delivered, once it is on disk; one that is on its way stays as it is.

        A thread writes it: the loop carries the audio of all calls, and a folder that outlives its
        container is on a network, where every step takes milliseconds. The thread finishes even if
        the loop is closed meanwhile. What the disk refuses is delivered from memory.

        Raises:
            ValueError: the id has other signs than letters, digits, `_` and `-`, or over 128.
            TypeError: the payload is nothing that JSON can say.
        """
        if not EVENT_ID.fullmatch(event_id):
            raise ValueError("an event's id has 1 to 128 letters, digits, _ and -")
        if event_id in self._open:
            return
        body = orjson.dumps(dict(payload))
        self._opened(event_id, body)
        loop = asyncio.get_running_loop()
        writing = loop.run_in_executor(None, self._outbox.keep, event_id, body)
        writing.add_done_callback(lambda written: self._written(event_id, kept=written.result()))

    async def run(self) -> None:
        """Deliver until cancelled, beginning with what an earlier process left; once for a box."""
        for event_id in await asyncio.to_thread(self._outbox.left):
            if event_id not in self._open:
                self._opened(event_id, None)
                self._due.put_nowait(event_id)
        async with (
            aiohttp.ClientSession(
                headers={"Content-Type": "application/json", "User-Agent": "Interlude"},
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(),  # ours is exact; aiohttp's rounds up to seconds
            ) as session,
            asyncio.TaskGroup() as deliveries,
        ):
            while True:
                deliveries.create_task(self._deliver(session, await self._due.get()))

    async def settled(self) -> None:
        """Wait until all events are delivered or dead: hours, if the operator's server is down."""
        await self._settled.wait()

    def _opened(self, event_id: str, body: bytes | None) -> None:
        self._open[event_id] = body
        self._settled.clear()

    def _written(self, event_id: str, *, kept: bool) -> None:
        if kept:
            self._open[event_id] = None
        self._due.put_nowait(event_id)

    async def _deliver(self, session: aiohttp.ClientSession, event_id: str) -> None:
        """Follow one event to its end; while it waits it takes no slot, and no memory."""
        for attempt, wait_s in enumerate((*WAITS_S, None), 1):
            async with self._slots:
                answer = await self._attempt(session, event_id)
            if answer is None:
                break
            told = log.bind(event_id=event_id, attempt=attempt, status=answer.status)
            if answer.status in _DELIVERED:
                told.info("post.delivered")
                await asyncio.to_thread(self._outbox.remove, event_id)
                break
            await self._keep_again(event_id)
            if wait_s is None or answer.status == HTTPStatus.GONE:
                await self._bury(event_id, told)
                break
            jittered_s = wait_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            pause_s = max(jittered_s, answer.asked_wait_s)
            told.warning("post.failed", wait_s=round(pause_s, 1))
            await asyncio.sleep(pause_s)
        del self._open[event_id]
        if not self._open:
            self._settled.set()

    async def _attempt(self, session: aiohttp.ClientSession, event_id: str) -> _Answer | None:
        """Post once; None if there is nothing to post any more."""
        body = self._open[event_id]
        if body is None:
            body = await asyncio.to_thread(self._outbox.body, event_id)
        if body is None:
            return None
        headers = self._signer.headers(event_id, body)
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                session.post(
                    self._url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                asked = response.headers.get("Retry-After", "")
                may_ask = response.status in _MAY_ASK
                return _Answer(response.status, asked_wait_s(asked) if may_ask else 0)
        except (aiohttp.ClientError, TimeoutError) as error:
            return _Answer(type(error).__name__)

    async def _keep_again(self, event_id: str) -> None:
        """Write what the disk refused before; it may have room now."""
        body = self._open[event_id]
        if body is not None and await asyncio.to_thread(self._outbox.keep, event_id, body):
            self._open[event_id] = None

    async def _bury(self, event_id: str, told: Any) -> None:
        if self._open[event_id] is not None:
            told.error("post.lost")
        elif await asyncio.to_thread(self._outbox.bury, event_id):
            told.warning("post.dead")


def asked_wait_s(retry_after: str) -> float:
    """Seconds that a Retry-After asks for, as a number or a date; at most an hour, else 0."""
    try:
        if retry_after.isdecimal():
            wait_s = float(int(retry_after))
        else:
            until = parsedate_to_datetime(retry_after)
            if until.tzinfo is None:
                until = until.replace(tzinfo=UTC)
            wait_s = until.timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0
    return min(max(wait_s, 0), LONGEST_ASKED_S)
