"""Settings from the environment: read once, typed, refused when they contradict each other."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bridge.call.flight import Keeps
from bridge.call.ticker import LEAD_MS, MOST_LEAD_MS
from bridge.service.capacity import CapacityLimits
from bridge.service.door_settings import DoorSettings
from bridge.service.replicas.meeting import Meeting
from bridge.service.setting_types import BaseUrl, Names, RedisUrl, WebhookUrl, base_url
from bridge.service.signatures import Signer

NOWHERE = "https://missing.invalid"
"""In place of a URL that is not set."""


class SettingsError(Exception):
    """The environment does not describe a service that could run; one line per remedy."""


def _user_folder(variable: str, otherwise: str, name: str) -> Path:
    """One of the user's folders by the XDG specification, which has relative paths ignored."""
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):  # noqa: PTH117 - a string, maybe empty
        base = os.path.expanduser(otherwise)  # noqa: PTH111 - never fails, even without a home
    return Path(base, "interlude", name)


def _prompts_folder() -> Path:
    """In the cache: what is lost can be rendered again."""
    return _user_folder("XDG_CACHE_HOME", "~/.cache", "prompts")


def _outbox_folder() -> Path:
    """With what must last until the next start."""
    return _user_folder("XDG_STATE_HOME", "~/.local/state", "outbox")


class Settings(DoorSettings):
    """What `interlude serve` needs to know. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    interlude_port: int = Field(8080, ge=0, le=65535)
    interlude_flows: str = "callflows"
    interlude_numbers: Path | None = None
    interlude_lead_ms: int = Field(LEAD_MS, ge=40, le=MOST_LEAD_MS)
    interlude_most_calls: int = Field(CapacityLimits.most_calls, ge=1)
    interlude_sessions_a_minute: int = Field(CapacityLimits.sessions_a_minute, ge=0)
    interlude_drain_s: int | None = Field(None, ge=0)
    interlude_prompts: Path = Field(default_factory=_prompts_folder)
    interlude_webhook_url: WebhookUrl | None = None
    interlude_webhook_secret: SecretStr | None = None
    interlude_outbox: Path = Field(default_factory=_outbox_folder)
    interlude_state: Path | None = None
    interlude_flights: Path | None = None
    interlude_flights_sound: bool = False
    interlude_log_pii: bool = False
    otel_traces_exporter: Annotated[Names, NoDecode] = ()
    otel_metrics_exporter: Annotated[Names, NoDecode] = ()
    acs_connection_string: SecretStr | None = None
    acs_endpoint: BaseUrl | None = None
    acs_access_key: SecretStr | None = None
    voicelive_endpoint: BaseUrl
    voicelive_api_key: SecretStr | None = None
    voicelive_api_version: str = "2026-07-15"
    redis_url: RedisUrl | None = None

    @property
    def acs(self) -> tuple[str, str | None]:
        """Endpoint and access key of the ACS resource; no key means managed identity."""
        if self.acs_connection_string:
            parts = _connection_string(self.acs_connection_string.get_secret_value())
            return parts.get("endpoint", "").rstrip("/"), parts.get("accesskey")
        key = self.acs_access_key.get_secret_value() if self.acs_access_key else None
        return self.acs_endpoint or "", key

    @property
    def capacity(self) -> CapacityLimits:
        """What the process takes on."""
        return CapacityLimits(
            most_calls=self.interlude_most_calls,
            sessions_a_minute=self.interlude_sessions_a_minute,
        )

    @property
    def redis(self) -> Meeting | None:
        """Where the replicas of this service meet; None where the process is alone."""
        if not self.redis_url:
            return None
        return Meeting(
            self.redis_url.get_secret_value(),
            urlsplit(self.interlude_public_url).netloc,
            self.interlude_host,
            self.interlude_port,
        )

    @property
    def flights(self) -> tuple[Path | None, Keeps]:
        """Where flights of calls are kept, if anywhere, and what of each."""
        keeps = Keeps.SOUND if self.interlude_flights_sound else Keeps.WORDS
        return self.interlude_flights, keeps

    @property
    def webhook(self) -> tuple[str, str, Path] | None:
        """URL, secret and outbox of what is posted after calls; None where nothing is."""
        url, secret = self.interlude_webhook_url, self.interlude_webhook_secret
        if not url or not secret:
            return None
        return url.get_secret_value(), secret.get_secret_value(), self.interlude_outbox

    @property
    def voicelive(self) -> tuple[str, str | None, str]:
        """Endpoint, key and API version of the Voice Live resource; no key means an identity."""
        key = self.voicelive_api_key.get_secret_value() if self.voicelive_api_key else None
        return self.voicelive_endpoint, key, self.voicelive_api_version

    def problems(self) -> Iterator[str]:
        """What contradicts itself or is missing, a sentence each."""
        yield from self._acs_problems()
        yield from self.door_problems()
        yield from self._webhook_problems()
        if self.interlude_flights_sound and not self.interlude_flights:
            yield "INTERLUDE_FLIGHTS_SOUND has nowhere to go: set INTERLUDE_FLIGHTS, too."
        if self.redis_url and not self.interlude_secret:
            yield "REDIS_URL is for replicas, and they need one secret: set INTERLUDE_SECRET, too."

    def _acs_problems(self) -> Iterator[str]:
        string, endpoint, key = self.acs_connection_string, self.acs_endpoint, self.acs_access_key
        if string:
            parts = _connection_string(string.get_secret_value())
            if missing := [name for name in ("endpoint", "accesskey") if not parts.get(name)]:
                yield f"ACS_CONNECTION_STRING lacks {' and '.join(missing)}=...; copy it whole."
            else:
                yield from _endpoint_problem(parts["endpoint"])
            if endpoint or key:
                yield "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY, not both."
            key = SecretStr(parts.get("accesskey", ""))
        elif key and not endpoint:
            yield "ACS_ACCESS_KEY is half a credential: set ACS_ENDPOINT, too."
        elif not endpoint:
            yield "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY or an identity."
        elif not key and urlsplit(endpoint).scheme == "http":
            yield "ACS_ACCESS_KEY is needed over http: identities need https."
        if key and not is_base64(key.get_secret_value()):
            yield "The ACS access key is not base64; copy it whole, with the = at its end."

    def _webhook_problems(self) -> Iterator[str]:
        url, secret = self.interlude_webhook_url, self.interlude_webhook_secret
        if url and not secret:
            yield "Set INTERLUDE_WEBHOOK_SECRET, too; by it your server knows who posts."
        if secret and not url:
            yield "INTERLUDE_WEBHOOK_SECRET has nothing to sign: set INTERLUDE_WEBHOOK_URL, too."
        if secret:
            try:
                Signer(secret.get_secret_value())
            except ValueError as error:
                yield f"INTERLUDE_WEBHOOK_SECRET: {error}"


class Remote(BaseSettings):
    """What `interlude dial` needs to know of the service that is to place a call."""

    model_config = Settings.model_config

    interlude_public_url: BaseUrl
    interlude_api_key: SecretStr


def _connection_string(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(";") if part)
    return {name.strip().lower(): text.strip() for name, _, text in pairs}


def _endpoint_problem(endpoint: str) -> Iterator[str]:
    try:
        base_url(endpoint)
    except ValueError as error:
        yield f"The endpoint in ACS_CONNECTION_STRING {error}."


def is_base64(key: str) -> bool:
    """Whether this can be an access key of ACS."""
    try:
        return bool(base64.b64decode(key, validate=True))
    except ValueError:  # what is no base64, and what is no ASCII
        return False


def read_settings(**overrides: Any) -> tuple[Settings, list[str]]:
    """Read the environment, whatever is amiss: what there is, and a sentence for what is wrong.

    A setting that is missing or cannot be read is as if it were not set; a URL that has to be is
    `NOWHERE`. Contradictions are looked for when all that is set can be read.
    """
    try:
        settings, sentences, unread = Settings(**overrides), [], False
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        names = {str(problem["loc"][0]) for problem in found}
        settings = Settings(**overrides | {name: _unset(name) for name in names})
        sentences = _sentences(error)
        unread = any(problem["type"] != "missing" for problem in found)
    return settings, sentences if unread else [*sentences, *settings.problems()]


def _unset(name: str) -> Any:
    field = Settings.model_fields[name]
    return NOWHERE if field.is_required() else field.get_default(call_default_factory=True)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: one line for each setting that is missing, wrong or contradicts another.
    """
    settings, sentences = read_settings(**overrides)
    if sentences:
        raise SettingsError("\n".join(sentences))
    return settings


def load_remote(**overrides: Any) -> Remote:
    """Read from the environment where the service is, and what opens its door.

    Raises:
        SettingsError: one line for each setting that is missing or wrong.
    """
    try:
        return Remote(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentences(error))) from None


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
