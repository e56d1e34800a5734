"""An authority that signs tokens: its names and public keys, by its OpenID configuration."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp
import jwt
import orjson
from structlog import get_logger

log = get_logger(__name__)

FRESH_S = 3600
"""How long keys are taken to be all there are."""
FLOOR_S = 30
"""At most so often are keys fetched, however many tokens name an unknown one."""
_AGAIN_S = 1
"""From a failure to the next attempt, where there are no keys yet."""
_PATIENCE_S = 5


NO_KEYS = (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError)
"""What comes of reading something else than a configuration and keys."""


class UnknownKey(Exception):
    """The authority has no such key."""


class NoKeys(Exception):
    """The authority could not be reached yet: nothing it signed can be trusted."""


class Authority:
    """The keys of one authority, kept; whoever brings a token waits for them at most 5 s.

    They are fetched when `run` begins, every hour, and when a token names an unknown one: keys are
    changed without notice. While the authority cannot be reached, those there were are good.
    """

    def __init__(
        self, session: aiohttp.ClientSession, configuration_url: str, *issuers: str
    ) -> None:
        """`issuers` are further names by which it signs, beside that in its configuration."""
        self._session = session
        self._url = configuration_url
        self._further = issuers
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self.issuers: tuple[str, ...] = ()
        """The names by which it signs; none before its keys were fetched."""
        self._wanted = asyncio.Event()
        """Set when a token names an unknown key."""
        self._tried = asyncio.Event()
        """Set while it is no use to ask again: the keys were fetched, or could not be, just now."""

    async def run(self) -> NoReturn:
        """Fetch keys whenever it is time, until cancelled."""
        while True:
            self._tried.clear()
            self._wanted.clear()
            await self._refresh()
            self._tried.set()
            await asyncio.sleep(FLOOR_S if self._keys else _AGAIN_S)
            if self._keys:
                self._tried.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(FRESH_S - FLOOR_S):
                        await self._wanted.wait()

    async def key(self, key_id: str) -> jwt.PyJWK:
        """The public key of this id.

        Raises:
            UnknownKey: there is none.
            NoKeys: there are none at all.
        """
        if key_id not in self._keys and not self._tried.is_set():
            self._wanted.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self._tried.wait()
        if not self._keys:
            raise NoKeys
        if key_id not in self._keys:
            raise UnknownKey
        return self._keys[key_id]

    async def _refresh(self) -> None:
        try:
            issuer, self._keys = await fetch_keys(self._session, self._url)
            self.issuers = (issuer, *self._further)
        except (aiohttp.ClientError, TimeoutError, *NO_KEYS) as error:
            log.warning(
                "authority.unreachable",
                authority=urlsplit(self._url).hostname,
                error=type(error).__name__,
            )


async def fetch_keys(
    session: aiohttp.ClientSession, configuration_url: str
) -> tuple[str, dict[str, jwt.PyJWK]]:
    """The name by which an authority signs, and its keys for RS256.

    Raises:
        ClientError, TimeoutError: it was not reached.
        Exception: one of `NO_KEYS`; it answered something else.
    """
    configuration = await _json(session, configuration_url)
    keys = _rsa_keys(await _json(session, configuration["jwks_uri"]))
    return str(configuration["issuer"]), keys


async def _json(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(
        url,
        timeout=aiohttp.ClientTimeout(_PATIENCE_S),
        allow_redirects=False,
        raise_for_status=True,
    ) as response:
        return orjson.loads(await response.read())


def _rsa_keys(jwks: Any) -> dict[str, jwt.PyJWK]:
    """The keys for RS256; others sign nothing that is taken here."""
    keys = {
        key["kid"]: jwt.PyJWK(key, algorithm="RS256")
        for key in jwks["keys"]
        if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("kid")
    }
    if not keys:
        raise ValueError("no RSA keys")
    return keys
