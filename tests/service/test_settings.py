"""Settings are refused in one clear sentence each."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.service.settings import Settings, SettingsError, load_settings

KEY = "c2VjcmV0LWtleQ=="
GOOD = {
    "INTERLUDE_PUBLIC_URL": "https://calls.example.com/",
    "INTERLUDE_SECRET": "0123456789abcdef0123456789abcdef",
    "EVENTGRID_KEY": "k",
    "ACS_CONNECTION_STRING": f"endpoint=https://r.communication.azure.com/;accesskey={KEY}",
    "VOICELIVE_ENDPOINT": "https://r.services.ai.azure.com",
}
LOCAL = {
    "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:8080",
    "ACS_ENDPOINT": "http://127.0.0.1:9000/",
    "ACS_ACCESS_KEY": KEY,
    "VOICELIVE_ENDPOINT": "http://127.0.0.1:9001",
    "VOICELIVE_API_KEY": "k",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str | None]) -> Settings:
    for name, value in environment.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return load_settings()


def test_a_good_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, GOOD)
    assert settings.interlude_public_url == "https://calls.example.com"
    assert settings.acs == ("https://r.communication.azure.com", KEY)
    assert (settings.interlude_port, settings.interlude_flows) == (8080, "callflows")
    assert settings.voicelive_api_version == "2026-07-15"
    assert not settings.is_local


def test_local_work_needs_neither_secret_nor_event_grid_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load(monkeypatch, LOCAL)
    assert settings.acs == ("http://127.0.0.1:9000", KEY)
    assert settings.is_local


def test_an_identity_stands_in_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        {
            **GOOD,
            "ACS_CONNECTION_STRING": None,
            "ACS_ENDPOINT": "https://r.communication.azure.com",
        },
    )
    assert settings.acs == ("https://r.communication.azure.com", None)


@pytest.mark.parametrize(
    ("base", "change", "sentence"),
    [
        (GOOD, {"INTERLUDE_PUBLIC_URL": None}, "Set INTERLUDE_PUBLIC_URL."),
        (
            GOOD,
            {"INTERLUDE_PUBLIC_URL": "http://calls.example.com"},
            (
                "INTERLUDE_PUBLIC_URL: 'http://calls.example.com' must begin with https://; "
                "http is for this machine only"
            ),
        ),
        (
            GOOD,
            {"INTERLUDE_PUBLIC_URL": "calls.example.com"},
            "INTERLUDE_PUBLIC_URL: 'calls.example.com' is no URL like https://example.com",
        ),
        (GOOD, {"INTERLUDE_SECRET": None}, "Set INTERLUDE_SECRET; it seals the URLs given to ACS."),
        (
            GOOD,
            {"INTERLUDE_SECRET": "short"},
            "INTERLUDE_SECRET needs at least 32 characters: openssl rand -hex 32.",
        ),
        (
            GOOD,
            {"EVENTGRID_KEY": None},
            "Set EVENTGRID_KEY; without it, anyone may post calls to you.",
        ),
        (
            GOOD,
            {"ACS_CONNECTION_STRING": None},
            "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY or an identity.",
        ),
        (
            GOOD,
            {"ACS_CONNECTION_STRING": "endpoint=https://r.communication.azure.com/"},
            "ACS_CONNECTION_STRING lacks accesskey=...; copy it whole.",
        ),
        (
            GOOD,
            {"ACS_CONNECTION_STRING": f"endpoint=https://r/;accesskey={KEY[:-3]}"},
            "The ACS access key is not base64; copy it whole, with the = at its end.",
        ),
        (
            GOOD,
            {"ACS_ENDPOINT": "https://r.communication.azure.com"},
            "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY, not both.",
        ),
        (
            LOCAL,
            {"ACS_ENDPOINT": None},
            "ACS_ACCESS_KEY is half a credential: set ACS_ENDPOINT, too.",
        ),
        (
            LOCAL,
            {"ACS_ACCESS_KEY": None},
            "ACS_ACCESS_KEY is needed over http: identities need https.",
        ),
        (LOCAL, {"VOICELIVE_ENDPOINT": None}, "Set VOICELIVE_ENDPOINT."),
        (
            LOCAL,
            {"INTERLUDE_PORT": "many"},
            "INTERLUDE_PORT: Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_what_is_missing_or_contradictory_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    base: Mapping[str, str],
    change: Mapping[str, str | None],
    sentence: str,
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, {**base, **change})
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("cache", "folder"),
    [
        ("/var/cache", "/var/cache/interlude/prompts"),
        ("relative", "/home/someone/.cache/interlude/prompts"),
        ("", "/home/someone/.cache/interlude/prompts"),
    ],
)
def test_prompts_are_kept_in_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch, cache: str, folder: str
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    assert load(monkeypatch, LOCAL).interlude_prompts == Path(folder)
    monkeypatch.setenv("INTERLUDE_PROMPTS", "/srv/prompts")
    assert load_settings().interlude_prompts == Path("/srv/prompts")


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEY not in repr(load(monkeypatch, GOOD))


def test_all_that_is_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, {})
    assert str(refused.value).splitlines() == [
        "Set INTERLUDE_PUBLIC_URL.",
        "Set VOICELIVE_ENDPOINT.",
        "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY or an identity.",
        "Set INTERLUDE_SECRET; it seals the URLs given to ACS.",
        "Set EVENTGRID_KEY; without it, anyone may post calls to you.",
    ]
