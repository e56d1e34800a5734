"""`interlude doctor` as a process: a lab that is well, and one in which much is broken."""

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp import web

from bridge.lab.acs import AcsStandIn
from bridge.lab.identity import managed_identity
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.flows import load_flows
from bridge.trial import READ_KEY, trial
from tests.doctor.servers import RESOURCE_ID, CertificateAuthority, beside, serving

WELL = (
    *("INTERLUDE_READ_KEY", "EVENTGRID_KEY", "VOICELIVE_API_KEY", "ACS_ACCESS_KEY"),
    *("INTERLUDE_AUTH", "INTERLUDE_PROMPTS", "INTERLUDE_FLOWS", "INTERLUDE_PUBLIC_URL"),
    *("ACS_ENDPOINT", "VOICELIVE_ENDPOINT", "ACS_OPENID_CONFIG_URL", "clock"),
    *("service", "WebSockets", "door of Event Grid", "metrics", "ACS", "keys of ACS"),
    "Voice Live, gpt-4.1-mini",
)
FLOW = "from bridge import Callflow\nflow = Callflow(number='+18005550101')\n"


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "hello.py").write_text(FLOW)
    return folder


def doctor(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("INTERLUDE")}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bridge", "doctor", *arguments],
        env={**ours, "COLUMNS": "80", **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def verdicts(output: str) -> dict[str, list[str]]:
    """By the name of what was looked at."""
    found: dict[str, list[str]] = {}
    for each in json.loads(output)["findings"]:
        found.setdefault(each["name"], []).append(each["verdict"])
    return found


def unwrapped(output: str) -> str:
    return " ".join(output.split())


def test_a_lab_that_is_well(flows: Path, tmp_path: Path) -> None:
    with beside(lambda: trial(load_flows(str(flows)))) as scene:
        env = {
            "INTERLUDE_PUBLIC_URL": scene.url,
            "INTERLUDE_FLOWS": str(flows),
            "INTERLUDE_PROMPTS": str(tmp_path / "prompts"),
            "INTERLUDE_READ_KEY": READ_KEY,
            "EVENTGRID_KEY": "lab-event-grid-key",
            "ACS_RESOURCE_ID": scene.acs.resource_id,
            "ACS_OPENID_CONFIG_URL": scene.acs.authority.configuration_url,
            "ACS_ENDPOINT": scene.acs.endpoint,
            "ACS_ACCESS_KEY": scene.acs.access_key,
            "VOICELIVE_ENDPOINT": scene.voices.endpoint,
            "VOICELIVE_API_KEY": scene.voices.api_key,
        }
        told, machine = doctor(**env), doctor("--json", **env)
    assert (told.returncode, told.stderr) == (0, "")
    assert (machine.returncode, machine.stderr) == (0, "")
    assert json.loads(machine.stdout)["well"] is True
    assert verdicts(machine.stdout) == {
        "ACS_RESOURCE_ID": ["skipped"],
        **{name: ["ok"] for name in WELL},
    }
    lines = told.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "ok      VOICELIVE_API_KEY: set, 7 characters." in [line.rstrip() for line in lines]
    assert lines[-1] == "19 ok, 0 warning, 0 problem, 1 skipped"
    for secret in (READ_KEY, "lab-event-grid-key", env["ACS_ACCESS_KEY"], "lab-key", "555"):
        assert secret not in told.stdout + machine.stdout


@asynccontextmanager
async def broken_lab(authority: CertificateAuthority) -> AsyncIterator[Mapping[str, str]]:
    """Everybody is reached, but the service, and nobody is content; yields the settings."""
    yesterday = {"Date": formatdate(time.time() - 86_400, usegmt=True)}
    async with (
        AcsStandIn(Studio()) as acs,
        VoiceLiveStandIn(Studio(), switches=Switches(handshake=404)) as voices,
        serving(lambda _: web.Response(), authority.issue(to_days=-0.5)) as public,
        serving(lambda _: web.Response(status=503, headers=yesterday)) as keys,
    ):
        yield {
            "INTERLUDE_PUBLIC_URL": public,
            "INTERLUDE_AUTH": "log",
            "INTERLUDE_PROMPTS": "/dev/null/prompts",
            "ACS_ENDPOINT": acs.endpoint,
            "ACS_ACCESS_KEY": "c2VjcmV0LWtleQ==",
            "ACS_OPENID_CONFIG_URL": f"{keys}/configuration",
            "VOICELIVE_ENDPOINT": voices.endpoint,
            "VOICELIVE_API_KEY": "another",
        }


def test_a_lab_in_which_much_is_broken(flows: Path, authority: CertificateAuthority) -> None:
    with beside(lambda: broken_lab(authority)) as env:
        told = doctor(**env, INTERLUDE_FLOWS=str(flows))
    assert (told.returncode, told.stderr) == (1, "")
    shown = unwrapped(told.stdout)
    for sentence in (
        "problem settings: `interlude serve` would not start. > Set ACS_RESOURCE_ID, the",
        "problem settings: `interlude serve` would not start. > Set EVENTGRID_KEY, or",
        "warning INTERLUDE_AUTH: log: whatever comes as from Azure is let in. > Unset it when",
        "warning INTERLUDE_READ_KEY: not set: who reads /metrics must have the key that",
        "problem INTERLUDE_PROMPTS: nothing can be written there. > Set INTERLUDE_PROMPTS to",
        "shows a certificate that has expired. > Renew it.",
        "s ahead of that of 127.0.0.1: tokens and signatures are refused. > Have this machine's",
        "skipped service: was not asked: 127.0.0.1 is not reached.",
        "problem ACS: answered 401 Denied. > Copy the key of this very resource again",
        "problem Voice Live, gpt-4.1-mini: no session: it answers 404. > Correct",
        "problem keys of ACS: the OpenID configuration at 127.0.0.1, or its keys, answer 503. >",
    ):
        assert sentence in shown
    assert "another" not in shown
    assert "c2VjcmV0" not in shown


def test_without_any_settings_each_is_named(flows: Path) -> None:
    told = doctor(
        "--json",
        INTERLUDE_FLOWS=str(flows / "nowhere"),
        ACS_OPENID_CONFIG_URL="http://127.0.0.1:9/",
    )
    assert (told.returncode, told.stderr) == (1, "")
    found = verdicts(told.stdout)
    assert found["settings"] == ["problem"] * 6
    assert [found[name] for name in ("INTERLUDE_FLOWS", "ACS_OPENID_CONFIG_URL")] == [
        ["problem"],
        ["problem"],
    ]
    for name in ("clock", "service", "ACS", "Voice Live", "keys of ACS"):
        assert found[name] == ["skipped"]
    assert "identity" not in found, "there is nobody to show it to"


@asynccontextmanager
async def without_roles(authority: CertificateAuthority) -> AsyncIterator[Mapping[str, str]]:
    """An identity, and services over TLS that give it nothing."""
    refusal = {"error": {"code": "Forbidden", "message": "no role"}}
    async with (
        managed_identity(),
        serving(lambda _: web.json_response(refusal, status=403), authority.issue()) as url,
    ):
        given = {name: os.environ[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
        yield {
            **given,
            "INTERLUDE_AUTH": "off",
            "INTERLUDE_HOST": "127.0.0.1",
            "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:9",
            "ACS_ENDPOINT": url,
            "VOICELIVE_ENDPOINT": url,
        }


def test_an_identity_without_roles(flows: Path, authority: CertificateAuthority) -> None:
    with beside(lambda: without_roles(authority)) as env:
        told = doctor(**env, INTERLUDE_FLOWS=str(flows))
        nobody = doctor(
            **{**env, "IDENTITY_HEADER": "another"},
            INTERLUDE_FLOWS=str(flows),
            AZURE_TOKEN_CREDENTIALS="ManagedIdentityCredential",
        )
    assert (told.returncode, told.stderr) == (1, "")
    shown = unwrapped(told.stdout)
    assert "ok identity: Entra gives it tokens." in shown
    assert "problem ACS: answered 403 Forbidden. > Give this identity Contributor on the" in shown
    assert "no session: it answers 403. > Give this identity Cognitive Services User on" in shown
    assert "warning INTERLUDE_PUBLIC_URL: 127.0.0.1:9 lets nobody connect" in shown
    shown = unwrapped(nobody.stdout)
    assert (nobody.returncode, nobody.stderr) == (1, "")
    assert "problem identity: there is none here that Entra gives a token to" in shown
    assert "skipped ACS: was not asked: there is no identity to show." in shown
    assert "skipped Voice Live: was not asked: there is no identity to show." in shown


def test_event_grid_and_operators_by_their_tokens(flows: Path) -> None:
    """What was not said is in the tests of each check."""
    told = doctor(
        "--json",
        INTERLUDE_PUBLIC_URL="http://127.0.0.1:9",
        INTERLUDE_FLOWS=str(flows),
        ACS_ENDPOINT="http://127.0.0.1:9",
        ACS_ACCESS_KEY="c2VjcmV0LWtleQ==",
        ACS_RESOURCE_ID=RESOURCE_ID,
        ACS_OPENID_CONFIG_URL="http://127.0.0.1:9/",
        VOICELIVE_ENDPOINT="http://127.0.0.1:9",
        VOICELIVE_API_KEY="k",
        AZURE_AUTHORITY_HOST="http://127.0.0.1:9",
        EVENTGRID_TENANT_ID=RESOURCE_ID,
        EVENTGRID_AUDIENCE="api://interlude",
        INTERLUDE_OIDC_ISSUER="http://127.0.0.1:9",
        INTERLUDE_OIDC_AUDIENCE="a",
        INTERLUDE_WEBHOOK_URL="http://127.0.0.1:9/calls",
        INTERLUDE_WEBHOOK_SECRET="0123456789abcdef0123456789abcdef",
    )
    found = verdicts(told.stdout)
    for name in ("AZURE_AUTHORITY_HOST", "INTERLUDE_OIDC_ISSUER", "INTERLUDE_WEBHOOK_URL"):
        assert found[name][-1] == "problem"
    for name in ("keys of Entra, for Event Grid", "keys of operators' sign-in"):
        assert found[name] == ["skipped"]
    assert found["Event Grid's role"] == ["skipped"]


@asynccontextmanager
async def voices_alone() -> AsyncIterator[Mapping[str, str]]:
    switches = Switches(out_of_band=False)
    async with VoiceLiveStandIn(Studio(), switches=switches) as service:
        yield {"VOICELIVE_ENDPOINT": service.endpoint, "VOICELIVE_API_KEY": service.api_key}


def test_a_probe_needs_voice_live_and_nothing_else(flows: Path) -> None:
    with beside(voices_alone) as env:
        told = doctor("--probe", **env, INTERLUDE_FLOWS=str(flows))
        as_json = doctor("--probe", "--json", **env, INTERLUDE_FLOWS=str(flows))
    assert (told.returncode, told.stderr) == (as_json.returncode, as_json.stderr) == (0, "")
    shown = unwrapped(told.stdout)
    assert "ok probe 1, text read aloud: " in shown
    assert "warning probe 1, commit: false: does not keep a response out of the" in shown
    assert "> In the lab: out_of_band = false." in shown
    assert verdicts(as_json.stdout)["probe 1, commit: false"] == ["warning"]
