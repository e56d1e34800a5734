"""The whole examination: what can be seen here, then who is reached, then what they say."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from bridge.doctor.authorities import check_keys, unseen_here
from bridge.doctor.azure import check_acs, check_identity, check_voices
from bridge.doctor.clock import check_clock
from bridge.doctor.finding import Finding, Verdict, problem, skipped
from bridge.doctor.here import check_addresses, check_flows, check_folders, check_numbers
from bridge.doctor.hosts import Host, Reached, reach
from bridge.doctor.public import check_public
from bridge.doctor.secrets import check_secrets
from bridge.doctor.sharing import check_redis
from bridge.service.door_settings import Auth
from bridge.service.flows import Flows
from bridge.service.setting_types import base_url
from bridge.service.settings import NOWHERE, Settings

_PUBLIC = "INTERLUDE_PUBLIC_URL"
_ACS_KEYS = "ACS_OPENID_CONFIG_URL"
_VOICES = "VOICELIVE_ENDPOINT"
_ENTRA, _SIGN_IN = "AZURE_AUTHORITY_HOST", "INTERLUDE_OIDC_ISSUER"
_WEBHOOK = "INTERLUDE_WEBHOOK_URL"
_VOICE = "Voice Live"


def examine(settings: Settings, wrong: Iterable[str]) -> list[Finding]:
    """Look at everything; `wrong` is what is amiss with the settings, a sentence each.

    No check is made that cannot succeed because of an earlier one. Those that wait for somebody
    wait 5 s at most, and side by side.
    """
    about_flows, flows = check_flows(settings)
    about_numbers, flows = check_numbers(settings, flows)
    return [
        *[problem("settings", "`interlude serve` would not start.", each) for each in wrong],
        *check_secrets(settings),
        *check_addresses(settings),
        *check_folders(settings),
        about_flows,
        *about_numbers,
        *asyncio.run(_ask_around(settings, flows)),
        *unseen_here(settings),
    ]


async def _ask_around(settings: Settings, flows: Flows) -> list[Finding]:
    reached = await asyncio.gather(*map(reach, _hosts(settings)))
    there = {each.host.setting: each for each in reached}
    answers = await asyncio.gather(
        _public(settings, there),
        _azure(settings, flows, there),
        _keys("ACS", there, _ACS_KEYS),
        _keys("Entra, for Event Grid", there, _ENTRA),
        _keys("operators' sign-in", there, _SIGN_IN),
        check_redis(settings),
    )
    return [
        *[each.finding for each in reached],
        check_clock(reached),
        *[finding for findings in answers for finding in findings],
    ]


def _hosts(settings: Settings) -> Iterator[Host]:
    """Whoever has to be reached."""
    if settings.interlude_public_url != NOWHERE:
        yield Host(_PUBLIC, settings.interlude_public_url, "service")
    with suppress(ValueError):
        yield Host(_acs(settings), base_url(settings.acs[0]))
    if settings.voicelive_endpoint != NOWHERE:
        yield Host(_VOICES, settings.voicelive_endpoint)
    if settings.interlude_auth is not Auth.OFF:
        yield Host(_ACS_KEYS, settings.acs_openid_config_url)
        if settings.event_grid_configuration:
            yield Host(_ENTRA, settings.event_grid_configuration)
        if settings.oidc_configuration:
            yield Host(_SIGN_IN, settings.oidc_configuration)
    if settings.webhook:
        yield Host(_WEBHOOK, settings.webhook[0], "operator")


def _acs(settings: Settings) -> str:
    return "ACS_CONNECTION_STRING" if settings.acs_connection_string else "ACS_ENDPOINT"


def _not_there(name: str, there: Mapping[str, Reached], setting: str) -> Finding | None:
    """Why there is no use in asking this one; None if there is."""
    if setting not in there:
        return skipped(name, f"was not asked: {setting} is missing.")
    if not there[setting].is_there:
        return skipped(name, f"was not asked: {there[setting].host.address[0]} is not reached.")
    return None


async def _unless(
    lack: Finding | None, check: Callable[[], Awaitable[list[Finding]]]
) -> list[Finding]:
    return [lack] if lack else await check()


async def _public(settings: Settings, there: Mapping[str, Reached]) -> list[Finding]:
    url, auth = settings.interlude_public_url, settings.interlude_auth
    return await _unless(_not_there("service", there, _PUBLIC), lambda: check_public(url, auth))


async def _keys(whose: str, there: Mapping[str, Reached], setting: str) -> list[Finding]:
    if setting not in there:
        return []  # nothing is checked by them
    lack = _not_there(f"keys of {whose}", there, setting)
    return await _unless(lack, lambda: check_keys(whose, there[setting].host))


async def _azure(settings: Settings, flows: Flows, there: Mapping[str, Reached]) -> list[Finding]:
    """Ask those to whom an identity is shown where there is no key."""
    acs_lack = _not_there("ACS", there, _acs(settings))
    voices_lack = _not_there(_VOICE, there, _VOICES)
    if not flows.by_name:
        voices_lack = voices_lack or skipped(_VOICE, "was not asked: no call flow is loaded.")
    acs_is_shown = not acs_lack and not settings.acs[1]
    voices_are_shown = not voices_lack and not settings.voicelive_api_key
    who = [await check_identity()] if acs_is_shown or voices_are_shown else []
    if any(each.verdict is Verdict.PROBLEM for each in who):
        nobody = "was not asked: there is no identity to show."
        acs_lack = skipped("ACS", nobody) if acs_is_shown else acs_lack
        voices_lack = skipped(_VOICE, nobody) if voices_are_shown else voices_lack
    acs, voices = await asyncio.gather(
        _unless(acs_lack, lambda: check_acs(settings)),
        _unless(voices_lack, lambda: check_voices(settings, flows)),
    )
    return [*who, *acs, *voices]
