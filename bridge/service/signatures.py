"""Signatures of what is posted, by which the operator's server knows that it comes from us.

The scheme is the symmetric one of the Standard Webhooks specification 1.0.0: HMAC-SHA256 of id,
time and body. Receivers find libraries for it in most languages.
"""

import base64
import hashlib
import hmac
import time

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
"""The specification: at least 24 bytes, and 512 bits at most."""
_LEAST_TEXT = 32


class Signer:
    """Signs under one secret: `whsec_` and a key in base64, or a text of 32 characters or more.

    A text is the key as it stands, in UTF-8; a receiver must not decode it from base64.

    Raises:
        ValueError: the secret is neither; the message does not repeat it.
    """

    def __init__(self, secret: str) -> None:
        self._key = _key(secret)

    def headers(self, event_id: str, body: bytes) -> dict[str, str]:
        """Return the headers of one attempt, made now: the specification's names, in its spelling.

        An id with a full stop could be read as another id and time; our ids have none.
        """
        timestamp = str(int(time.time()))
        signed = b".".join((event_id.encode(), timestamp.encode(), body))
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        if len(secret) < _LEAST_TEXT:
            raise ValueError(f"The webhook's secret must have {_LEAST_TEXT} characters or more.")
        return secret.encode()
    encoded = secret.removeprefix(_PREFIX)
    try:
        # Keys are passed around without their padding, too.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        key = b""
    if len(key) not in _KEY_BYTES:
        raise ValueError(
            f"After {_PREFIX}, the webhook's secret must be {_KEY_BYTES[0]} to {_KEY_BYTES[-1]} "
            "bytes in base64."
        )
    return key
