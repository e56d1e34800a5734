"""Redis, which may be slow, restarting or gone at any time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from structlog import get_logger

from bridge.service.replicas.identity import SCOPE, Identity
from bridge.service.setting_types import by_identity
from bridge.voicelive.identity import open_tokens

log = get_logger(__name__)

T = TypeVar("T")

ASK_S = 0.05
"""So long a call waits for an answer."""
PATIENCE_S = 2.0
"""The same for what no call waits for, connecting among it."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
"""Before the next attempt after one that failed; each is twice the one before, less chance."""

LOST = (RedisError, OSError, TimeoutError)
"""What attempts fail with."""


class Unavailable(Exception):
    """Redis did not answer in time, or would not have: decide without it."""


class Pauses:
    """How long to wait after attempts that failed."""

    def __init__(self, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._longest_s = longest_s
        self._failed = 0

    def next_s(self) -> float:
        """After one more failure. By chance, so that replicas do not come back all at once."""
        longest_s: float = min(FIRST_PAUSE_S * 2**self._failed, self._longest_s)
        self._failed = min(self._failed + 1, 16)
        return longest_s * random.uniform(0.5, 1)  # noqa: S311 - no secret

    def over(self) -> None:
        """An attempt has succeeded."""
        self._failed = 0


class Store:
    """Redis and what is known of its health."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.is_up = False
        """Whether the last thing that was done in the background has succeeded."""
        self._pauses = Pauses()
        self._is_slow = False
        """The last call that waited for it did so in vain."""
        self._not_before_s = 0.0
        """Loop time before which no call waits for it again."""

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """An answer for a call that waits.

        Raises:
            Unavailable: not within 50 ms; for a while, others are told so at once.
        """
        loop = asyncio.get_running_loop()
        if not self.is_up or loop.time() < self._not_before_s:
            raise Unavailable
        try:
            async with asyncio.timeout(ASK_S):
                answer = await question()
        except LOST as error:
            if not self._is_slow:
                log.warning("redis.slow", error=type(error).__name__)
            self._is_slow = True
            self._not_before_s = loop.time() + self._pauses.next_s()
            raise Unavailable from error
        if self._is_slow:
            log.info("redis.quick")
        self._is_slow = False
        self._pauses.over()
        return answer

    def seems(self, error: BaseException | None) -> None:
        """Take note of how something went in the background: as `error` says, or well."""
        was_up, self.is_up = self.is_up, error is None
        if error is None and not was_up:
            log.info("redis.up")
        elif error is not None and was_up:
            log.warning("redis.down", error=type(error).__name__)


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Make the client; nothing is connected before it is needed, and nothing is tried twice."""
    async with AsyncExitStack() as stack:
        identity: Identity | None = None
        if by_identity(url):
            identity = Identity(await stack.enter_async_context(open_tokens(SCOPE)))
        redis = Redis.from_url(
            url,
            protocol=2,
            credential_provider=identity,
            socket_connect_timeout=PATIENCE_S,
            socket_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        await stack.enter_async_context(redis)
        if identity:
            await stack.enter_async_context(identity.kept(redis.connection_pool))
        yield Store(redis)
