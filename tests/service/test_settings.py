"""Settings are refused in one clear sentence each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.service.capacity import CapacityLimits
from bridge.service.setting_types import by_identity
from bridge.service.settings import (
    NOWHERE,
    Settings,
    SettingsError,
    load_remote,
    load_settings,
    read_settings,
)

KEY = "c2VjcmV0LWtleQ=="
RESOURCE_ID = "a3c9f1de-5b0e-4f0f-9d3f-2f5a4a8c7b61"
GOOD = {
    "INTERLUDE_PUBLIC_URL": "https://calls.example.com/",
    "INTERLUDE_SECRET": "0123456789abcdef0123456789abcdef",
    "EVENTGRID_KEY": "k",
    "ACS_RESOURCE_ID": RESOURCE_ID,
    "ACS_CONNECTION_STRING": f"endpoint=https://r.communication.azure.com/;accesskey={KEY}",
    "VOICELIVE_ENDPOINT": "https://r.services.ai.azure.com",
}
LOCAL = {
    "INTERLUDE_AUTH": "off",
    "INTERLUDE_HOST": "127.0.0.1",
    "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:8080",
    "ACS_ENDPOINT": "http://127.0.0.1:9000/",
    "ACS_ACCESS_KEY": KEY,
    "VOICELIVE_ENDPOINT": "http://127.0.0.1:9001",
    "VOICELIVE_API_KEY": "k",
}
NOTHING: dict[str, Any] = {}
WEBHOOK = {
    "INTERLUDE_WEBHOOK_URL": "https://crm.example.com/calls/?token=of-the-operator",
    "INTERLUDE_WEBHOOK_SECRET": "0123456789abcdef0123456789abcdef",
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
    assert settings.capacity == CapacityLimits()
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
            "INTERLUDE_PUBLIC_URL: must begin with https://; http is for this machine only",
        ),
        *[
            (
                GOOD,
                {"INTERLUDE_PUBLIC_URL": url},
                "INTERLUDE_PUBLIC_URL: needs a URL like https://example.com",
            )
            for url in ("calls.example.com", "https://me:hunter2", "https://[::1", "https://a..b")
        ],
        (
            LOCAL,
            {"VOICELIVE_ENDPOINT": "https://user:hunter2@r.services.ai.azure.com"},
            (
                "VOICELIVE_ENDPOINT: must hold no name and no password: take out what is before "
                "the @"
            ),
        ),
        (
            GOOD,
            {"ACS_CONNECTION_STRING": f"endpoint=r.communication.azure.com;accesskey={KEY}"},
            "The endpoint in ACS_CONNECTION_STRING needs a URL like https://example.com.",
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
            (
                "Set EVENTGRID_KEY, or EVENTGRID_TENANT_ID with EVENTGRID_AUDIENCE; without "
                "either, anyone may post calls to you."
            ),
        ),
        (
            GOOD,
            {"ACS_RESOURCE_ID": None},
            (
                "Set ACS_RESOURCE_ID, the immutable resource id of the ACS resource; without it, "
                "anyone may bring a call to you."
            ),
        ),
        (
            LOCAL,
            {"INTERLUDE_AUTH": None, "EVENTGRID_KEY": "k"},
            (
                "Set ACS_RESOURCE_ID, the immutable resource id of the ACS resource; without it, "
                "anyone may bring a call to you; INTERLUDE_AUTH=off does without, here."
            ),
        ),
        *[
            (
                base,
                {"INTERLUDE_AUTH": "off", **more},
                (
                    "INTERLUDE_AUTH=off is for this machine only: set INTERLUDE_HOST to 127.0.0.1 "
                    "and INTERLUDE_PUBLIC_URL to http://127.0.0.1:8080, or leave it out."
                ),
            )
            for base, more in (
                (GOOD, {"INTERLUDE_HOST": "127.0.0.1"}),
                (LOCAL, {"INTERLUDE_HOST": "192.0.2.1"}),
                (LOCAL, {"INTERLUDE_HOST": None}),
            )
        ],
        (
            GOOD,
            {"INTERLUDE_AUTH": "none"},
            "INTERLUDE_AUTH: Input should be 'enforce', 'log' or 'off'",
        ),
        (
            GOOD,
            {"EVENTGRID_KEY": None, "EVENTGRID_TENANT_ID": RESOURCE_ID},
            "EVENTGRID_TENANT_ID and EVENTGRID_AUDIENCE go together: set both, or none.",
        ),
        (
            GOOD,
            {"INTERLUDE_OIDC_AUDIENCE": "calls"},
            "INTERLUDE_OIDC_ISSUER and INTERLUDE_OIDC_AUDIENCE go together: set both, or none.",
        ),
        (
            LOCAL,
            {"EVENTGRID_KEY_PREVIOUS": "k"},
            "EVENTGRID_KEY_PREVIOUS is the one before EVENTGRID_KEY: set that, too.",
        ),
        (
            LOCAL,
            {"INTERLUDE_READ_KEY": "short"},
            "INTERLUDE_READ_KEY needs at least 32 characters: openssl rand -hex 32.",
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
            LOCAL,
            {"ACS_ACCESS_KEY": "schlüssel"},
            "The ACS access key is not base64; copy it whole, with the = at its end.",
        ),
        (
            GOOD,
            {"ACS_CONNECTION_STRING": "endpoint=https://r/;accesskey=schlüssel"},
            "The ACS access key is not base64; copy it whole, with the = at its end.",
        ),
        *[
            (
                GOOD,
                {"ACS_CONNECTION_STRING": f"endpoint={endpoint};accesskey={KEY}"},
                f"The endpoint in ACS_CONNECTION_STRING {what}.",
            )
            for endpoint, what in (
                ("r.communication.azure.com", "needs a URL like https://example.com"),
                ("http://r", "must begin with https://; http is for this machine only"),
                ("https://[", "needs a URL like https://example.com"),
                ("https://r:0", "needs a URL like https://example.com"),
            )
        ],
        (
            GOOD,
            {"INTERLUDE_PUBLIC_URL": "https://calls.example.com:99999"},
            "INTERLUDE_PUBLIC_URL: needs a URL like https://example.com",
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
            {"INTERLUDE_API_KEY": "0123456789abcdef0123456789abcde"},
            "INTERLUDE_API_KEY needs at least 32 characters: openssl rand -hex 32.",
        ),
        (
            LOCAL,
            {**WEBHOOK, "INTERLUDE_WEBHOOK_SECRET": None},
            "Set INTERLUDE_WEBHOOK_SECRET, too; by it your server knows who posts.",
        ),
        (
            LOCAL,
            {"REDIS_URL": "redis://127.0.0.1/0"},
            "REDIS_URL is for replicas, and they need one secret: set INTERLUDE_SECRET, too.",
        ),
        *[
            (
                GOOD,
                {"REDIS_URL": url},
                "REDIS_URL: needs a URL like rediss://:PASSWORD@example.com:6380/0",
            )
            for url in ("cache.example.com:6380", "https://x.example.com", "redis://", "unix://")
        ],
        (
            GOOD,
            {"REDIS_URL": "rediss://cache.example.com?socket_timeout=600"},
            "REDIS_URL: must have no options: take out what is after the ?",
        ),
        *[
            (
                GOOD,
                {"REDIS_URL": url},
                (
                    "REDIS_URL: is Azure's and has no password: an identity opens it at "
                    "rediss://HOST:PORT/0, and an access key at rediss://:KEY@HOST:PORT/0"
                ),
            )
            for url in (
                "redis://calls.westeurope.redis.azure.net:10000/0",
                "rediss://somebody@calls.redis.cache.windows.net:6380/0",
            )
        ],
        (
            LOCAL,
            {**WEBHOOK, "INTERLUDE_WEBHOOK_URL": None},
            "INTERLUDE_WEBHOOK_SECRET has nothing to sign: set INTERLUDE_WEBHOOK_URL, too.",
        ),
        (
            LOCAL,
            {**WEBHOOK, "INTERLUDE_WEBHOOK_SECRET": "short"},
            ("INTERLUDE_WEBHOOK_SECRET: The webhook's secret must have 32 characters or more."),
        ),
        *[
            (
                LOCAL,
                {**WEBHOOK, "INTERLUDE_WEBHOOK_URL": url},
                (
                    "INTERLUDE_WEBHOOK_URL: needs a URL like https://example.com/calls; "
                    "http is for this machine only"
                ),
            )
            for url in (
                "http://crm.example.com/calls",
                "crm.example.com",
                "https://crm..example.com/calls",
                "https://crm.example.com:port/calls",
            )
        ],
        (
            LOCAL,
            {"INTERLUDE_MOST_CALLS": "0"},
            "INTERLUDE_MOST_CALLS: Input should be greater than or equal to 1",
        ),
        (
            LOCAL,
            {"INTERLUDE_SESSIONS_A_MINUTE": "-1"},
            "INTERLUDE_SESSIONS_A_MINUTE: Input should be greater than or equal to 0",
        ),
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
    ("base", "cache", "state"),
    [
        ("/var/own", "/var/own", "/var/own"),
        ("relative", "/home/someone/.cache", "/home/someone/.local/state"),
        ("", "/home/someone/.cache", "/home/someone/.local/state"),
    ],
)
def test_prompts_are_kept_in_the_cache_of_the_user_and_posts_with_the_state(
    monkeypatch: pytest.MonkeyPatch, base: str, cache: str, state: str
) -> None:
    folders = {"HOME": "/home/someone", "XDG_CACHE_HOME": base, "XDG_STATE_HOME": base}
    settings = load(monkeypatch, {**LOCAL, **folders})
    assert settings.interlude_prompts == Path(cache, "interlude", "prompts")
    assert settings.interlude_outbox == Path(state, "interlude", "outbox")
    assert settings.webhook is None
    own = {"INTERLUDE_PROMPTS": "/srv/prompts", "INTERLUDE_OUTBOX": "/srv/outbox"}
    settings = load(monkeypatch, {**own, **WEBHOOK})
    assert settings.interlude_prompts == Path("/srv/prompts")
    assert settings.webhook == (*WEBHOOK.values(), Path("/srv/outbox"))


def test_posts_to_this_machine_need_no_https(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://localhost:9/calls"
    settings = load(monkeypatch, {**LOCAL, **WEBHOOK, "INTERLUDE_WEBHOOK_URL": url})
    assert settings.webhook
    assert settings.webhook[0] == url


def test_replicas_meet_under_the_name_by_which_acs_reaches_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "rediss://:the-password@cache.example.com:6380/0"
    settings = load(monkeypatch, {**GOOD, "REDIS_URL": url, "INTERLUDE_PORT": "8081"})
    meeting = settings.redis
    assert meeting
    assert (meeting.url, meeting.service, meeting.port) == (url, "calls.example.com", 8081)
    assert "the-password" not in repr(settings) + repr(meeting)
    monkeypatch.delenv("REDIS_URL")
    assert load(monkeypatch, GOOD).redis is None


@pytest.mark.parametrize(
    ("url", "is_by_identity"),
    [
        ("rediss://calls.westeurope.redis.azure.net:10000/0", True),
        ("rediss://CALLS.redis.cache.windows.net:6380", True),
        ("rediss://calls.redis.cache.usgovcloudapi.net:6380", True),
        ("rediss://:key@calls.westeurope.redis.azure.net:10000/0", False),
        ("rediss://cache.example.com:6380/0", False),
        ("rediss://calls.redis.azure.net.example.com:6380/0", False),
        ("unix:///calls.redis.azure.net", False),
    ],
)
def test_an_identity_opens_what_is_azures_and_has_no_password(
    url: str, *, is_by_identity: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(monkeypatch, {**GOOD, "REDIS_URL": url})
    assert settings.redis
    assert by_identity(settings.redis.url) is is_by_identity


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {**GOOD, **WEBHOOK, "INTERLUDE_API_KEY": KEY * 3})
    monkeypatch.delenv("INTERLUDE_PUBLIC_URL")
    with pytest.raises(ValidationError) as missing:
        Settings(**NOTHING)
    for shown in (repr(settings), settings.model_dump_json(), str(missing.value)):
        for secret in (KEY, WEBHOOK["INTERLUDE_WEBHOOK_SECRET"], "of-the-operator"):
            assert secret not in shown


def test_whoever_has_calls_placed_says_where_and_by_which_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_remote(interlude_public_url="http://calls.example.com")
    assert str(refused.value).splitlines() == [
        "INTERLUDE_PUBLIC_URL: must begin with https://; http is for this machine only",
        "Set INTERLUDE_API_KEY.",
    ]
    monkeypatch.setenv("INTERLUDE_PUBLIC_URL", "https://calls.example.com/")
    monkeypatch.setenv("INTERLUDE_API_KEY", KEY)
    assert load_remote().interlude_public_url == "https://calls.example.com"
    other = load_remote(interlude_public_url="https://other.example.com")
    assert other.interlude_public_url == "https://other.example.com"
    assert KEY not in repr(other)


def test_all_that_is_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, {})
    assert str(refused.value).splitlines() == [
        "Set INTERLUDE_PUBLIC_URL.",
        "Set VOICELIVE_ENDPOINT.",
        "Set ACS_CONNECTION_STRING, or ACS_ENDPOINT with ACS_ACCESS_KEY or an identity.",
        "Set INTERLUDE_SECRET; it seals the URLs given to ACS.",
        (
            "Set ACS_RESOURCE_ID, the immutable resource id of the ACS resource; without it, "
            "anyone may bring a call to you."
        ),
        (
            "Set EVENTGRID_KEY, or EVENTGRID_TENANT_ID with EVENTGRID_AUDIENCE; without either, "
            "anyone may post calls to you."
        ),
    ]


def test_what_can_be_read_is_read_whatever_is_amiss(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**GOOD, "VOICELIVE_ENDPOINT": KEY, "INTERLUDE_PORT": "many"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("INTERLUDE_PUBLIC_URL")
    settings, sentences = read_settings()
    assert settings.acs == ("https://r.communication.azure.com", KEY)
    assert (settings.interlude_public_url, settings.voicelive_endpoint) == (NOWHERE, NOWHERE)
    assert settings.interlude_port == 8080
    assert sentences[::2] == [
        "Set INTERLUDE_PUBLIC_URL.",
        "VOICELIVE_ENDPOINT: needs a URL like https://example.com",
    ]
    assert sentences[1].startswith("INTERLUDE_PORT: ")
    assert len(sentences) == 3
