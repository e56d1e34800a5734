"""What settings are made of: kinds of values, and what is said of a bad one."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bridge.service.privacy import without_secrets

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEAST_SECRET = 32
"""Characters in a secret that strangers may guess at."""


def base_url(value: str) -> str:
    """A URL without trailing slash: with one, the SDK signs for the wrong host."""
    url, shown = urlsplit(value), without_secrets(value)
    if url.scheme not in ("http", "https") or not url.hostname or url.port == 0:
        raise ValueError(f"{shown!r} is no URL like https://example.com")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise ValueError(f"{shown!r} must begin with https://; http is for this machine only")
    return value.rstrip("/")


def _webhook_url(value: SecretStr) -> SecretStr:
    """A URL with its path and query, which may hold a key of the operator's: never repeated."""
    try:
        url = urlsplit(value.get_secret_value())
        host = (url.hostname or "").encode("idna")  # as a socket will have it
        schemes = ("https", "http") if url.hostname in LOOPBACK else ("https",)
        is_good = host and url.scheme in schemes and url.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(
            "needs a URL like https://example.com/calls; http is for this machine only"
        )
    return value


def _names(value: Any) -> Any:
    """Names with commas between."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


BaseUrl = Annotated[str, AfterValidator(base_url)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_webhook_url)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


def too_short(name: str, secret: SecretStr | None) -> Iterator[str]:
    """Say so of a secret that can be guessed."""
    if secret and len(secret.get_secret_value()) < LEAST_SECRET:
        yield f"{name} needs at least {LEAST_SECRET} characters: openssl rand -hex 32."
