"""Settings from the environment: read once, typed, refused when they contradict each other."""

import base64
import binascii
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.call.ticker import LEAD_MS, MOST_LEAD_MS

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(Exception):
    """The environment does not describe a service that could run; one line per remedy."""


def _base_url(value: str) -> str:
    """A URL without trailing slash: with one, the SDK signs for the wrong host."""
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{value!r} is no URL like https://example.com")
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise ValueError(f"{value!r} must begin with https://; http is for this machine only")
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


def _prompts_folder() -> Path:
    """In the user's cache; the XDG specification has relative paths ignored."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):  # noqa: PTH117 - a string, maybe empty
        cache = os.path.expanduser("~/.cache")  # noqa: PTH111 - never fails, even without a home
    return Path(cache, "interlude", "prompts")


class Settings(BaseSettings):
    """What `interlude serve` needs to know. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    interlude_host: str = "0.0.0.0"  # noqa: S104 - a container listens on all of its addresses
    interlude_port: int = Field(8080, ge=0, le=65535)
    interlude_public_url: BaseUrl
    interlude_flows: str = "callflows"
    interlude_lead_ms: int = Field(LEAD_MS, ge=40, le=MOST_LEAD_MS)
    interlude_prompts: Path = Field(default_factory=_prompts_folder)
    interlude_secret: SecretStr | None = None
    eventgrid_key: SecretStr | None = None
    acs_connection_string: SecretStr | None = None
    acs_endpoint: BaseUrl | None = None
    acs_access_key: SecretStr | None = None
    voicelive_endpoint: BaseUrl
    voicelive_api_key: SecretStr | None = None
    voicelive_api_version: str = "2026-07-15"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        return urlsplit(self.interlude_public_url).hostname in _LOOPBACK

    @property
    def acs(self) -> tuple[str, str | None]:
        """Endpoint and access key of the ACS resource; no key means managed identity."""
        if self.acs_connection_string:
            parts = _connection_string(self.acs_connection_string.get_secret_value())
            return parts["endpoint"].rstrip("/"), parts["accesskey"]
        key = self.acs_access_key.get_secret_value() if self.acs_access_key else None
        return self.acs_endpoint or "", key

    @property
    def voicelive(self) -> tuple[str, str | None, str]:
        """Endpoint, key and API version of the Voice Live resource; no key means an identity."""
        key = self.voicelive_api_key.get_secret_value() if self.voicelive_api_key else None
        return self.voicelive_endpoint, key, self.voicelive_api_version

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if problems := [*self._acs_problems(), *self._secret_problems()]:
            raise ValueError("\n".join(problems))
        return self

    def _acs_problems(self) -> Iterator[str]:
        string, endpoint, key = self.acs_connection_string, self.acs_endpoint, self.acs_access_key
        if string:
            parts = _connection_string(string.get_secret_value())
            if missing := [name for name in ("endpoint", "accesskey") if not parts.get(name)]:
                yield f"ACS_CONNECTION_STRING lacks {' and '.join(missing)}=...; copy it whole."
            if endpoint or key:
                yield "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY, not both."
            key = SecretStr(parts.get("accesskey", ""))
        elif key and not endpoint:
            yield "ACS_ACCESS_KEY is half a credential: set ACS_ENDPOINT, too."
        elif not endpoint:
            yield "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY or an identity."
        elif not key and urlsplit(endpoint).scheme == "http":
            yield "ACS_ACCESS_KEY is needed over http: identities need https."
        if key and not _is_base64(key.get_secret_value()):
            yield "The ACS access key is not base64; copy it whole, with the = at its end."

    def _secret_problems(self) -> Iterator[str]:
        if self.interlude_secret and len(self.interlude_secret.get_secret_value()) < 32:  # noqa: PLR2004 - said in the message
            yield ("INTERLUDE_SECRET needs at least 32 characters: openssl rand -hex 32.")
        if not self.is_local:
            if not self.interlude_secret:
                yield "Set INTERLUDE_SECRET; it seals the URLs given to ACS."
            if not self.eventgrid_key:
                yield "Set EVENTGRID_KEY; without it, anyone may post calls to you."


def _connection_string(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(";") if part)
    return {name.strip().lower(): text.strip() for name, _, text in pairs}


def _is_base64(key: str) -> bool:
    try:
        return bool(base64.b64decode(key, validate=True))
    except binascii.Error:
        return False


def load_settings(**overrides: Any) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: one line for each setting that is missing, wrong or contradicts another.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        sentences = _sentences(error)
        missing = [str(p["loc"][0]) for p in error.errors() if p["type"] == "missing"]
    if missing:  # see what else there is to say, as if they were there
        try:
            Settings(**{**overrides, **dict.fromkeys(missing, "https://missing.invalid")})
        except ValidationError as error:
            sentences = [f"Set {name.upper()}." for name in missing] + _sentences(error)
    raise SettingsError("\n".join(sentences))


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, problem["loc"])).upper()
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            sentences.append(f"Set {name}.")
        else:
            sentences.append(f"{name}: {message}" if name else message)
    return sentences
