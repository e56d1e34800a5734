"""What settings are made of: kinds of values, and what is said of a bad one."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_AZURES_REDIS = (
    ".redis.azure.net",
    ".redis.cache.windows.net",
    ".redisenterprise.cache.azure.net",
    ".redis.usgovcloudapi.net",
    ".redis.cache.usgovcloudapi.net",
    ".redis.chinacloudapi.cn",
    ".redis.cache.chinacloudapi.cn",
)
"""Names of Azure Managed Redis and Azure Cache for Redis, in all clouds that are documented; those
outside of the public one as StackExchange.Redis has them."""
LEAST_SECRET = 32
"""Characters in a secret that strangers may guess at."""


def base_url(value: str) -> str:
    """A URL without trailing slash: with one, the SDK signs for the wrong host.

    A bad one is not repeated: whoever pastes a key here by mistake would find it in the log.
    """
    url = _parts(value)
    if not url:
        raise ValueError("needs a URL like https://example.com")
    if "@" in url.netloc:
        raise ValueError("must hold no name and no password: take out what is before the @")
    if not _is_safe(url):
        raise ValueError("must begin with https://; http is for this machine only")
    return value.rstrip("/")


def _webhook_url(value: SecretStr) -> SecretStr:
    """A URL with its path and query, which may hold a key of the operator's: never repeated."""
    url = _parts(value.get_secret_value())
    if not url or not _is_safe(url):
        raise ValueError(
            "needs a URL like https://example.com/calls; http is for this machine only"
        )
    return value


def by_identity(redis_url: str) -> bool:
    """Whether an identity of Entra opens Redis there: it is Azure's, and no password is named."""
    url = urlsplit(redis_url)
    return not url.password and (url.hostname or "").endswith(_AZURES_REDIS)


def _redis_url(value: SecretStr) -> SecretStr:
    """A URL that may hold a password: never repeated. It has no options, as limits are ours."""
    try:
        url = urlsplit(value.get_secret_value())
        is_there = bool(url.path if url.scheme == "unix" else url.hostname and url.port != 0)
    except ValueError:
        is_there = False
    if not is_there or url.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("needs a URL like rediss://:PASSWORD@example.com:6380/0")
    if url.query or url.fragment:
        raise ValueError("must have no options: take out what is after the ?")
    if by_identity(value.get_secret_value()) and (url.scheme != "rediss" or url.username):
        raise ValueError(
            "is Azure's and has no password: an identity opens it at rediss://HOST:PORT/0, and an "
            "access key at rediss://:KEY@HOST:PORT/0"
        )
    return value


def _parts(value: str) -> SplitResult | None:
    """Of a URL; None for what is none."""
    try:
        url = urlsplit(value)
        host = (url.hostname or "").encode("idna")  # as a socket will have it
        is_url = host and url.scheme in ("http", "https") and url.port != 0
    except ValueError:
        return None
    return url if is_url else None


def _is_safe(url: SplitResult) -> bool:
    return url.scheme == "https" or url.hostname in LOOPBACK


def _names(value: Any) -> Any:
    """Names with commas between."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


BaseUrl = Annotated[str, AfterValidator(base_url)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_webhook_url)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


def too_short(name: str, secret: SecretStr | None) -> Iterator[str]:
    """Say so of a secret that can be guessed."""
    if secret and len(secret.get_secret_value()) < LEAST_SECRET:
        yield f"{name} needs at least {LEAST_SECRET} characters: openssl rand -hex 32."
