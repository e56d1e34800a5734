"""Keys that strangers must show at a door."""

import hmac

from pydantic import SecretStr


def is_key(given: str, key: SecretStr) -> bool:
    """Whether what a stranger gave is the key; takes as long for a near miss as for a far one.

    Headers hold bytes that are no UTF-8 as surrogates.
    """
    return hmac.compare_digest(
        given.encode(errors="surrogateescape"),
        key.get_secret_value().encode(errors="surrogateescape"),
    )
