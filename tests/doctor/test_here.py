"""What is configured is said without showing it, and what can be seen here is seen."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.doctor.finding import Finding
from bridge.doctor.here import check_addresses, check_flows, check_folders, check_numbers
from bridge.doctor.secrets import check_secrets
from bridge.service.flows import Flows
from bridge.service.settings import read_settings
from tests.doctor.servers import RESOURCE_ID

KEY = "c2VjcmV0LWtleQ=="
SECRETS = {
    "INTERLUDE_SECRET": "seal-0123456789abcdef0123456789abcdef",
    "INTERLUDE_API_KEY": "api-0123456789abcdef0123456789abcdef",
    "INTERLUDE_READ_KEY": "read-0123456789abcdef0123456789abcdef",
    "EVENTGRID_KEY": "grid-0123456789abcdef0123456789abcdef",
}
GOOD = {
    "INTERLUDE_PUBLIC_URL": "https://calls.example.com",
    "ACS_RESOURCE_ID": RESOURCE_ID,
    "ACS_ENDPOINT": "https://r.communication.azure.com",
    "VOICELIVE_ENDPOINT": "https://r.services.ai.azure.com",
    **SECRETS,
}


def about(monkeypatch: pytest.MonkeyPatch, changes: Mapping[str, str | None]) -> dict[str, Finding]:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return {each.name: each for each in check_secrets(read_settings()[0])}


def test_a_good_set_up_is_told_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    found = about(monkeypatch, {})
    assert {name: each.says for name, each in found.items()} == {
        "INTERLUDE_SECRET": "set, 37 characters.",
        "INTERLUDE_API_KEY": "set, 36 characters.",
        "INTERLUDE_READ_KEY": "set, 37 characters.",
        "EVENTGRID_KEY": "set, 37 characters.",
        "ACS_ACCESS_KEY": "not set: an identity is used.",
        "VOICELIVE_API_KEY": "not set: an identity is used.",
        "INTERLUDE_AUTH": "enforce: who brings no proof is refused.",
    }
    assert {each.verdict for each in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("changes", "name", "says", "remedy"),
    [
        (
            {"ACS_ACCESS_KEY": KEY},
            "ACS_ACCESS_KEY",
            "a managed identity would do",
            "Contributor on",
        ),
        (
            {
                "ACS_ENDPOINT": None,
                "ACS_CONNECTION_STRING": f"endpoint={GOOD['ACS_ENDPOINT']};accesskey={KEY}",
            },
            "ACS_CONNECTION_STRING",
            "a managed identity would do",
            "unset this, and set ACS_ENDPOINT.",
        ),
        (
            {"VOICELIVE_API_KEY": "k"},
            "VOICELIVE_API_KEY",
            "set, 1 characters; a managed identity would do without a key.",
            "Cognitive Services User on",
        ),
        ({"INTERLUDE_AUTH": "log"}, "INTERLUDE_AUTH", "is let in", "Unset it when"),
        ({"INTERLUDE_AUTH": "off"}, "INTERLUDE_AUTH", "asked of anybody", "Unset it, but"),
        (
            {"INTERLUDE_SECRET_PREVIOUS": "x" * 32},
            "INTERLUDE_SECRET_PREVIOUS",
            "it still opens",
            "Unset it when nobody",
        ),
        (
            {"EVENTGRID_KEY_PREVIOUS": "x" * 32},
            "EVENTGRID_KEY_PREVIOUS",
            "it still opens",
            "Unset it when nobody",
        ),
        ({"INTERLUDE_READ_KEY": None}, "INTERLUDE_READ_KEY", "not set", "openssl rand -hex 32"),
        (
            {"EVENTGRID_KEY": SECRETS["INTERLUDE_READ_KEY"]},
            "EVENTGRID_KEY",
            "it is the same as INTERLUDE_READ_KEY",
            "Give each its own",
        ),
        (
            {"EVENTGRID_KEY": "ends-in-a-line-break\n"},
            "EVENTGRID_KEY",
            "there is white space around it",
            "Take it away",
        ),
    ],
)
def test_what_is_doubtful_about_a_secret(
    monkeypatch: pytest.MonkeyPatch,
    changes: Mapping[str, str | None],
    name: str,
    says: str,
    remedy: str,
) -> None:
    found = about(monkeypatch, {**dict.fromkeys(changes), **changes})
    assert {each.name for each in found.values() if each.verdict != "ok"} == {name}
    assert found[name].verdict == "warning"
    assert says in found[name].says
    assert remedy in found[name].remedy
    shown = repr(found)
    assert not [each for each in (*SECRETS.values(), KEY) if each in shown]


def test_keys_are_good_enough_for_trials_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {
        "INTERLUDE_PUBLIC_URL": "http://127.0.0.1:8080",
        "ACS_ACCESS_KEY": KEY,
        "VOICELIVE_API_KEY": "k",
    }
    assert {each.verdict for each in about(monkeypatch, local).values()} == {"ok"}


def test_whoever_signs_in_needs_no_key_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in = {"INTERLUDE_READ_KEY": None, "INTERLUDE_OIDC_ISSUER": "https://login.example.com"}
    assert "INTERLUDE_READ_KEY" not in about(monkeypatch, sign_in)


def test_acs_cannot_call_back_to_a_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    about(monkeypatch, {"INTERLUDE_PUBLIC_URL": "http://127.0.0.1:8080"})
    (found,) = check_addresses(read_settings()[0])
    assert (found.name, found.verdict) == ("INTERLUDE_PUBLIC_URL", "warning")
    assert "it cannot call back" in found.says
    monkeypatch.setenv("ACS_ENDPOINT", "http://127.0.0.1:9")
    assert list(check_addresses(read_settings()[0])) == []
    monkeypatch.setenv("ACS_CONNECTION_STRING", "endpoint=https://[;accesskey=x")
    assert list(check_addresses(read_settings()[0])) == [], "nobody can say where that is"


WEBHOOK = {
    "INTERLUDE_WEBHOOK_URL": "https://crm.example.com/calls",
    "INTERLUDE_WEBHOOK_SECRET": "hook-0123456789abcdef0123456789abcdef",
}


def folders(monkeypatch: pytest.MonkeyPatch, prompts: str, outbox: str) -> list[Finding]:
    about(monkeypatch, {**WEBHOOK, "INTERLUDE_PROMPTS": prompts, "INTERLUDE_OUTBOX": outbox})
    return list(check_folders(read_settings()[0]))


def test_folders_that_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir(0o700)
    found = folders(monkeypatch, str(tmp_path / "new" / "prompts"), str(outbox))
    assert [(each.name, each.verdict, each.says) for each in found] == [
        ("INTERLUDE_PROMPTS", "ok", "not there yet, and can be made."),
        ("INTERLUDE_OUTBOX", "ok", "can be written."),
    ]
    assert list(tmp_path.iterdir()) == [outbox], "looking leaves no trace"


def test_folders_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    found = folders(monkeypatch, "/dev/null/prompts", "/dev/null")
    assert [(each.name, each.verdict, each.remedy) for each in found] == [
        (name, "problem", f"Set {name} to a folder that this user can write, or mount one.")
        for name in ("INTERLUDE_PROMPTS", "INTERLUDE_OUTBOX")
    ]


def test_an_outbox_that_others_may_look_into(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o750)
    prompts, outbox = folders(monkeypatch, str(tmp_path), str(tmp_path))
    assert prompts.verdict == "ok"
    assert (outbox.verdict, "(mode 750)" in outbox.says) == ("warning", True)
    assert "chmod 700" in outbox.remedy


def test_flights_are_as_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    prompts = str(tmp_path / "prompts")
    about(monkeypatch, {"INTERLUDE_PROMPTS": prompts, "INTERLUDE_FLIGHTS": str(tmp_path)})
    _, flights = check_folders(read_settings()[0])
    assert (flights.name, flights.verdict) == ("INTERLUDE_FLIGHTS", "warning")
    assert "(mode 755)" in flights.says


FLOW = "from bridge import Agent, Callflow\nflow = Callflow(number='+1800555010{}', {})\n"


def flows(monkeypatch: pytest.MonkeyPatch, folder: Path, key: str | None = None) -> Finding:
    about(monkeypatch, {"INTERLUDE_FLOWS": str(folder), "VOICELIVE_API_KEY": key})
    return check_flows(read_settings()[0])[0]


def test_flows_are_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(FLOW.format(1, ""))
    (tmp_path / "two.py").write_text(FLOW.format(2, "agent=Agent('a', 'p')"))
    found = flows(monkeypatch, tmp_path)
    assert (found.verdict, found.says) == ("ok", "2 loaded, each with a number of its own.")
    found = flows(monkeypatch, tmp_path, "k")
    assert (found.verdict, found.says) == (
        "problem",
        "two is led by an agent, and agents take no key.",
    )
    assert found.remedy.startswith("Unset VOICELIVE_API_KEY")


@pytest.mark.parametrize(
    "module",
    [FLOW.format(3, ""), FLOW.format(4, "greting='Hi.'"), "raise ValueError('+18005550103')"],
)
def test_what_a_bad_flow_says_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str
) -> None:
    (tmp_path / "one.py").write_text(FLOW.format(3, ""))
    (tmp_path / "two.py").write_text(module)
    found = flows(monkeypatch, tmp_path)
    assert found.verdict == "problem"
    assert "1800" not in repr(found)
    assert found.remedy == "Run `interlude check`: it says which one, and why."


def numbers(monkeypatch: pytest.MonkeyPatch, file: Path) -> Finding:
    about(monkeypatch, {"INTERLUDE_FLOWS": "callflows", "INTERLUDE_NUMBERS": str(file)})
    settings = read_settings()[0]
    (found,), _ = check_numbers(settings, check_flows(settings)[1])
    return found


def test_the_operators_file_is_read_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.toml"
    assert numbers(monkeypatch, file).says == "it cannot be read."
    file.write_text('[numbers."+18005550110"]\nflow = "order_status"\n')
    assert numbers(monkeypatch, file).verdict == "ok"
    file.write_text(file.read_text() + 'limits.blocked = ["+14255550123"]\nvoise = "x"\n')
    found = numbers(monkeypatch, file)
    assert (found.verdict, found.says) == ("problem", "it cannot serve, for what is in line 4.")
    assert "interlude check" in found.remedy


def test_a_file_that_cannot_be_published_to_is_doubtful(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.toml"
    file.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # as for others than root
    found = numbers(monkeypatch, file)
    assert (found.verdict, "nothing can be published" in found.says) == ("warning", True)


def test_without_flows_or_a_file_there_is_nothing_to_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    about(monkeypatch, {"INTERLUDE_NUMBERS": str(tmp_path / "numbers.toml")})
    (found,), _ = check_numbers(read_settings()[0], Flows({}))
    assert found.verdict == "skipped"
    monkeypatch.delenv("INTERLUDE_NUMBERS")
    assert check_numbers(read_settings()[0], Flows({}))[0] == []
