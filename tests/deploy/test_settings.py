"""What the files of `deploy/` set is what the service reads."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.lab.serve import Place, open_lab
from bridge.lab.serve.environment import environment
from bridge.lab.speech import Studio
from bridge.service.settings import Settings, load_settings
from tests.deploy.conftest import DEPLOY
from tests.replicas.people import CALLS, SERVICE

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
ONLY_COMPOSE = {"INTERLUDE_NAME", "GRAFANA_PASSWORD"}


def of_env(name: str) -> dict[str, str]:
    lines = re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", (DEPLOY / name).read_text(), re.MULTILINE)
    assert len(dict(lines)) == len(lines), "a setting is named twice"
    return dict(lines)


def test_the_example_has_every_setting_and_no_other() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert set(of_env("env.example")) - ONLY_COMPOSE == settings


def test_compose_sets_the_services_own_settings() -> None:
    set_by_compose = set(COMPOSE["services"]["bridge"]["environment"])
    assert set_by_compose == {"INTERLUDE_DRAIN_S", "INTERLUDE_STATE", "REDIS_URL"}


def test_the_example_filled_in_is_a_service_that_would_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for line in (DEPLOY / "env.example").read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            filled = value or "6f6e652d736563726574" * 2
            monkeypatch.setenv(name, filled)
    monkeypatch.setenv("ACS_RESOURCE_ID", "f6004e6b-c6a0-5db7-b265-7e5553d4572c")
    assert load_settings().interlude_public_url == "https://calls.example.com"


async def test_the_labs_settings_are_what_the_lab_of_compose_prints(
    monkeypatch: pytest.MonkeyPatch, studio: Studio
) -> None:
    given = of_env("lab.env")
    key = given["ACS_ACCESS_KEY"]
    async with open_lab(Place(port=0, access_key=key), studio) as lab:
        printed = environment(lab, Path())
    assert f"ACS_RESOURCE_ID={given['ACS_RESOURCE_ID']}\n" in printed
    assert f"LAB_IDENTITY_HEADER={given['IDENTITY_HEADER']}\n" in printed
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().acs == ("http://127.0.0.1:8180", key)


def test_azure_scales_on_the_hash_in_which_replicas_keep_their_calls() -> None:
    bicep = (DEPLOY / "azure" / "app.bicep").read_text()
    (scaled_on,) = re.findall(r"listName: '([^']*)'", bicep)
    assert scaled_on.replace("${host}", SERVICE) == CALLS
    assert "{ name: 'INTERLUDE_PUBLIC_URL', value: 'https://${host}' }" in bicep


def test_the_container_has_the_whole_of_the_longest_call_to_stop_in() -> None:
    assert COMPOSE["services"]["bridge"]["stop_grace_period"] == "31m"
    assert COMPOSE["services"]["bridge"]["read_only"] is True


def test_whatever_compose_mounts_is_there() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), source


def test_the_page_on_costs_shows_what_the_script_prints() -> None:
    script = DEPLOY / "costs.py"
    printed = subprocess.run(  # noqa: S603 - our own
        [sys.executable, script], check=True, capture_output=True, text=True
    )
    assert printed.stdout in (DEPLOY.parent / "docs" / "costs.md").read_text()
