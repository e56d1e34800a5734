"""The identity by which this machine proves itself where no key is set."""

import jwt
from azure.core.exceptions import AzureError
from azure.identity.aio import DefaultAzureCredential

_SCOPE = "https://ai.azure.com/.default"
"""What the Voice Live SDK asks for."""


class NoIdentity(Exception):
    """There is none here, or Entra gives it no token; the message may be shown."""


async def identity() -> str | None:
    """The object id of the identity, by which roles are given to it; None if its token is opaque.

    Raises:
        NoIdentity: no token was had.
    """
    try:
        async with DefaultAzureCredential() as credential:
            token = await credential.get_token(_SCOPE)
    except AzureError as error:
        raise NoIdentity(type(error).__name__) from error
    try:
        claims = jwt.decode(token.token, options={"verify_signature": False})  # shown, not trusted
    except jwt.PyJWTError:
        return None
    return str(claims["oid"]) if "oid" in claims else None
