"""Credentials: which are set, without showing them, and what is doubtful about them."""

from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from bridge.doctor.finding import Finding, ok, warning
from bridge.service.door_settings import Auth
from bridge.service.settings import NOWHERE, Settings

_BY_IDENTITY = {
    "ACS_CONNECTION_STRING": "give this service's identity Contributor on the ACS resource, unset "
    "this, and set ACS_ENDPOINT.",
    "ACS_ACCESS_KEY": "give this service's identity Contributor on the ACS resource, and unset "
    "this.",
    "VOICELIVE_API_KEY": "give this service's identity Cognitive Services User on the Foundry "
    "resource, and unset this.",
}
"""How to do without a key."""


def check_secrets(settings: Settings) -> Iterator[Finding]:
    """Say of each secret whether it is set, and how long it is."""
    values = {
        name.upper(): value.get_secret_value()
        for name, value in settings
        if isinstance(value, SecretStr)
    }
    for name, value in values.items():
        doubts = list(_doubts(settings, name, values))
        says = f"set, {len(value)} characters"
        if not doubts:
            yield ok(name, f"{says}.")
        for doubt, remedy in doubts:
            yield warning(name, f"{says}; {doubt}.", remedy)
    endpoint, key = settings.acs
    if endpoint and not key:
        yield ok("ACS_ACCESS_KEY", "not set: an identity is used.")
    if settings.voicelive_endpoint != NOWHERE and not settings.voicelive_api_key:
        yield ok("VOICELIVE_API_KEY", "not set: an identity is used.")
    yield from _doors(settings)


def _doubts(settings: Settings, name: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    value = values[name]
    if value != value.strip():
        yield (
            "there is white space around it",
            "Take it away; files that secrets are read from often end in a line break.",
        )
    if name.endswith("_PREVIOUS"):
        yield (
            "it still opens",
            "Unset it when nobody uses it any more; docs/doors.md says when that is.",
        )
    if name in _BY_IDENTITY and not settings.is_local:
        yield (
            "a managed identity would do without a key",
            f"If the service runs on Azure, {_BY_IDENTITY[name]}",
        )
    earlier = list(values)[: list(values).index(name)]
    if twins := [each for each in earlier if values[each] == value]:
        yield (
            f"it is the same as {twins[0]}",
            "Give each its own: openssl rand -hex 32. Who has one has both.",
        )


def _doors(settings: Settings) -> Iterator[Finding]:
    match settings.interlude_auth:
        case Auth.ENFORCE:
            yield ok("INTERLUDE_AUTH", "enforce: who brings no proof is refused.")
        case Auth.LOG:
            yield warning(
                "INTERLUDE_AUTH",
                "log: whatever comes as from Azure is let in.",
                "Unset it when the log has no more door.refused lines.",
            )
        case Auth.OFF:
            yield warning(
                "INTERLUDE_AUTH",
                "off: nothing is asked of anybody.",
                "Unset it, but for trials on this machine.",
            )
    has_readers = settings.interlude_read_key or settings.interlude_oidc_issuer
    if not has_readers and settings.interlude_auth is not Auth.OFF:
        yield warning(
            "INTERLUDE_READ_KEY",
            "not set: who reads /metrics must have the key that places calls, or cannot at all.",
            "Set it (openssl rand -hex 32), and give it to Prometheus as its bearer token.",
        )
