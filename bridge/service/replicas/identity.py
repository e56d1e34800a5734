"""An identity of Entra in place of a password: its object id is the user, a token the password.

So Microsoft's page "Use Microsoft Entra for cache authentication" has it, and that a connection is
to show the next token three minutes before the one it has shown ends.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

from redis.asyncio import ConnectionPool
from redis.credentials import CredentialProvider
from redis.exceptions import RedisError
from structlog import get_logger

from bridge.service.replicas.failing import tell_of_failure
from bridge.voicelive.identity import NoIdentity, Tokens

log = get_logger(__name__)

SCOPE = "https://redis.azure.com/.default"
"""The same in Azure's other clouds, by the same page."""
LOOK_S = 30.0
"""Between two looks for a newer token: it is there five minutes before the old one ends."""
_AGAIN_S = 2.0
"""The same while there is none."""


class Identity(CredentialProvider):
    """Who this process is for Redis, by the newest token."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._proof: tuple[str, str] | None = None
        """Object id and token."""
        self._had = asyncio.Event()
        self._is_lost = False

    async def get_credentials_async(self) -> tuple[str, str]:
        """User and password of a new connection. Until there is a first token, it waits."""
        while not self._proof:
            await self._had.wait()
        return self._proof

    @asynccontextmanager
    async def kept(self, pool: ConnectionPool) -> AsyncIterator[None]:
        """Renew the token, and with it the connections, in the background."""
        keeping = asyncio.create_task(self._keep(pool))
        keeping.add_done_callback(tell_of_failure)
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})

    async def _keep(self, pool: ConnectionPool) -> NoReturn:
        while True:
            try:
                proof = await self._newest()
            except NoIdentity as error:
                self._seems(error)
            else:
                self._seems(None)
                before, self._proof = self._proof, proof
                self._had.set()
                if before not in (None, proof):
                    await _replace(pool)
            await asyncio.sleep(_AGAIN_S if self._is_lost else LOOK_S)

    async def _newest(self) -> tuple[str, str]:
        token = await self._tokens.newest()
        if token.object_id is None:
            raise NoIdentity("opaque token")
        return token.object_id, token.text

    def _seems(self, error: NoIdentity | None) -> None:
        """Log it once when there are no more tokens, and when there are again."""
        if error and not self._is_lost:
            log.warning("redis.no_token", error=str(error))
        elif self._is_lost and not error:
            log.info("redis.token")
        self._is_lost = error is not None


async def _replace(pool: ConnectionPool) -> None:
    """Have each connection made anew: those in use after it, the others now.

    redis-py's own way, to show the token on each, does so on some that it has already handed back,
    and that others may use meanwhile.
    """
    await pool.update_active_connections_for_reconnect()  # type: ignore[no-untyped-call]
    with suppress(RedisError, OSError):  # of one that does not say goodbye
        await pool.disconnect(inuse_connections=False)
