"""The identity by which this machine proves itself where no key is set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import jwt
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.identity.aio import DefaultAzureCredential

_SCOPE = "https://ai.azure.com/.default"
"""What the Voice Live SDK asks for."""
_PATIENCE_S = 20.0
"""The SDK's own is minutes."""


class NoIdentity(Exception):
    """There is none here, or Entra gives it no token; the message may be shown."""


@dataclass(frozen=True)
class Token:
    """What proves it."""

    text: str = field(repr=False)
    object_id: str | None
    """By which roles are given to the identity; None if the token is opaque. It proves nothing."""


class Tokens:
    """Those of one scope."""

    def __init__(self, credential: AsyncTokenCredential, scope: str) -> None:
        self._credential = credential
        self._scope = scope

    async def newest(self) -> Token:
        """The one that the SDK has kept, or a newer one.

        It asks for the next five minutes before the end of one, or at half of a life of two hours
        and more; until that comes, the one before is good.

        Raises:
            NoIdentity: no token was had within 20 s.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                text = (await self._credential.get_token(self._scope)).token
        except (AzureError, TimeoutError) as error:
            raise NoIdentity(type(error).__name__) from error
        try:
            claims = jwt.decode(text, options={"verify_signature": False})  # shown, not trusted
        except jwt.PyJWTError:
            claims = {}
        return Token(text, str(claims["oid"]) if "oid" in claims else None)


@asynccontextmanager
async def open_tokens(scope: str = _SCOPE) -> AsyncIterator[Tokens]:
    """Where tokens come from, and are kept."""
    async with DefaultAzureCredential() as credential:
        yield Tokens(credential, scope)


async def identity(scope: str = _SCOPE) -> str | None:
    """The object id of the identity, None if its token is opaque.

    Raises:
        NoIdentity: no token was had.
    """
    async with open_tokens(scope) as tokens:
        return (await tokens.newest()).object_id
