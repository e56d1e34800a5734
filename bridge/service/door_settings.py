"""Settings about who may come in, and by what they prove it."""

import hashlib
import secrets
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr
from pydantic_settings import BaseSettings, NoDecode

from bridge.acs.authentication import OPENID_CONFIGURATION
from bridge.service.setting_types import LOOPBACK, BaseUrl, Names, too_short

_CONFIGURATION = ".well-known/openid-configuration"


class Auth(StrEnum):
    """What becomes of what Azure sends without proof that it comes from Azure."""

    ENFORCE = "enforce"
    """It is refused."""
    LOG = "log"
    """It is let in, and the log says why it would have been refused."""
    OFF = "off"
    """Nothing is asked of anybody: on loopback only."""


class DoorSettings(BaseSettings):
    """The part of the settings that doors are made from."""

    interlude_host: str = "0.0.0.0"  # noqa: S104 - a container listens on all of its addresses
    interlude_public_url: BaseUrl
    interlude_auth: Auth = Auth.ENFORCE
    interlude_secret: SecretStr | None = None
    interlude_secret_previous: SecretStr | None = None
    interlude_api_key: SecretStr | None = None
    interlude_read_key: SecretStr | None = None
    interlude_oidc_issuer: BaseUrl | None = None
    interlude_oidc_audience: str | None = None
    acs_resource_id: UUID | None = None
    acs_openid_config_url: BaseUrl = OPENID_CONFIGURATION
    eventgrid_key: SecretStr | None = None
    eventgrid_key_previous: SecretStr | None = None
    eventgrid_tenant_id: UUID | None = None
    eventgrid_audience: str | None = None
    eventgrid_subscriptions: Annotated[Names, NoDecode] = ()
    azure_authority_host: BaseUrl = "https://login.microsoftonline.com"

    @property
    def event_grid_configuration(self) -> str | None:
        """Where Entra says by which keys it signs for Event Grid; None if that is not used."""
        tenant = self.eventgrid_tenant_id
        return f"{self.azure_authority_host}/{tenant}/v2.0/{_CONFIGURATION}" if tenant else None

    @property
    def oidc_configuration(self) -> str | None:
        """The same of operators' tokens."""
        issuer = self.interlude_oidc_issuer
        return f"{issuer}/{_CONFIGURATION}" if issuer else None

    @property
    def operators_stamp(self) -> str:
        """Another whenever a key of operators changes, or who vouches for them."""
        keys = (self.interlude_api_key, self.interlude_read_key)
        proofs = [key.get_secret_value() if key else "" for key in keys]
        proofs += [self.interlude_oidc_issuer or "", self.interlude_oidc_audience or ""]
        return hashlib.sha256("\n".join(proofs).encode()).hexdigest()

    @property
    def is_local(self) -> bool:
        """Whether ACS is on this machine, too."""
        return urlsplit(self.interlude_public_url).hostname in LOOPBACK

    @property
    def seals(self) -> tuple[str, ...]:
        """The secrets that seal URLs, the current one first; a passing one where none is set."""
        given = (self.interlude_secret, self.interlude_secret_previous)
        return tuple(each.get_secret_value() for each in given if each) or (secrets.token_hex(),)

    def door_problems(self) -> Iterator[str]:
        """What contradicts itself or is missing, a sentence each."""
        for name in ("interlude_secret", "interlude_api_key", "interlude_read_key"):
            yield from too_short(name.upper(), getattr(self, name))
        yield from self._halves()
        if not self.is_local and not self.interlude_secret:
            yield "Set INTERLUDE_SECRET; it seals the URLs given to ACS."
        if self.interlude_auth is Auth.OFF:
            if not self.is_local or self.interlude_host not in LOOPBACK:
                yield (
                    "INTERLUDE_AUTH=off is for this machine only: set INTERLUDE_HOST to 127.0.0.1 "
                    "and INTERLUDE_PUBLIC_URL to http://127.0.0.1:8080, or leave it out."
                )
            return
        here = "; INTERLUDE_AUTH=off does without, here" if self.is_local else ""
        if not self.acs_resource_id:
            yield (
                "Set ACS_RESOURCE_ID, the immutable resource id of the ACS resource; without it, "
                f"anyone may bring a call to you{here}."
            )
        if not self.eventgrid_key and not self.eventgrid_tenant_id:
            yield (
                "Set EVENTGRID_KEY, or EVENTGRID_TENANT_ID with EVENTGRID_AUDIENCE; without "
                f"either, anyone may post calls to you{here}."
            )

    def _halves(self) -> Iterator[str]:
        """Settings of which one is nothing without the other."""
        for one, other in (
            ("interlude_oidc_issuer", "interlude_oidc_audience"),
            ("eventgrid_tenant_id", "eventgrid_audience"),
        ):
            if bool(getattr(self, one)) != bool(getattr(self, other)):
                yield f"{one.upper()} and {other.upper()} go together: set both, or none."
        for current in ("interlude_secret", "eventgrid_key"):
            previous = f"{current}_previous"
            if getattr(self, previous) and not getattr(self, current):
                yield f"{previous.upper()} is the one before {current.upper()}: set that, too."
