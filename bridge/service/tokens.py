"""Tokens in the URLs given to ACS: what the webhook knows, sealed, for any replica to open.

A token is encrypted and signed (Fernet), because URLs end up in the logs of proxies and the token
holds telephone numbers. It opens for one purpose only, and for a limited time.
"""

from base64 import urlsafe_b64encode
from enum import StrEnum
from hashlib import sha256

import orjson
from cryptography.fernet import Fernet, InvalidToken

from bridge.flow.call import Call


class Purpose(StrEnum):
    """Which door a token opens."""

    MEDIA = "media"
    CALLBACKS = "callbacks"


LIFETIME_S = {Purpose.MEDIA: 300, Purpose.CALLBACKS: 24 * 3600}
"""ACS opened the media socket 1 s after the answer on real calls; callbacks come until the end."""


class BadToken(Exception):
    """Forged, expired, or made for another door."""


class Tokens:
    """Seals and opens tokens under one secret."""

    def __init__(self, secret: str) -> None:
        self._seals = {
            purpose: Fernet(urlsafe_b64encode(sha256(f"{purpose}:{secret}".encode()).digest()))
            for purpose in Purpose
        }

    def seal(self, purpose: Purpose, call: Call) -> str:
        """Make a token that is good for the purpose and its lifetime."""
        content = [call.id, call.caller, call.dialled, call.correlation_id]
        return self._seals[purpose].encrypt(orjson.dumps(content)).decode()

    def open(self, purpose: Purpose, token: str) -> Call:
        """The call that a token is about.

        Raises:
            BadToken: it was not sealed by this service for this purpose, or too long ago.
        """
        try:
            content = self._seals[purpose].decrypt(token.encode(), ttl=LIFETIME_S[purpose])
        except InvalidToken as error:
            raise BadToken from error
        return Call(*orjson.loads(content))
