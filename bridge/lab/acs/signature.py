"""Requests signed with the access key, verified as leniently as the service does."""

import base64
import hashlib
import hmac
from urllib.parse import quote, unquote

from aiohttp import web

_SIGNED_HEADERS = "x-ms-date;host;x-ms-content-sha256"


def is_signed(request: web.Request, body: bytes, access_key: str) -> bool:
    """Whether `request` carries the HMAC of `access_key` over its path, date, host and `body`.

    The SDKs differ in how they spell the path that they sign: as sent, decoded, quoted entirely, or
    with quoted ids before a verb, whose colon is bare.
    """
    headers = request.headers
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if headers.get("x-ms-content-sha256") != digest:
        return False
    signed = f"{headers.get('x-ms-date')};{request.host};{digest}"
    path, mark, query = request.raw_path.partition("?")
    ids, colon, verb = unquote(path).rpartition(":")
    quoted = quote(unquote(path), safe="/")
    spellings = (path, unquote(path), quoted, f"{quote(ids, safe='/')}{colon}{verb}")
    return any(
        hmac.compare_digest(
            headers.get("Authorization", ""),
            f"HMAC-SHA256 SignedHeaders={_SIGNED_HEADERS}&Signature={signature}",
        )
        for signature in (
            _signature(access_key, f"{request.method}\n{spelling}{mark}{query}\n{signed}")
            for spelling in spellings
        )
    )


def _signature(access_key: str, text: str) -> str:
    key = base64.b64decode(access_key)
    return base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
