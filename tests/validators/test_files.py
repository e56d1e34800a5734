"""Dockerfile, compose file, YAML, alerts and scripts, as their own tools judge them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.validators.conftest import DEPLOY, TOP, run, tool

MAKE = "make test-deploy installs it"


def test_hadolint_has_no_complaint_about_the_dockerfile() -> None:
    run(tool("hadolint", MAKE), DEPLOY / "Dockerfile")


def composed(text: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """What Docker Compose makes of a file like `compose.yaml`, with its variables filled in."""
    compose = tool("docker-compose", "a package of Debian's has it, which needs no engine")
    (folder / "compose.yaml").write_text(text)
    (folder / ".env").write_text((DEPLOY / "env.example").read_text())
    (folder / "lab.env").write_text((DEPLOY / "lab.env").read_text())
    made = run(compose, "--project-directory", folder, *arguments, "config", "--format", "json")
    services: dict[str, Any] = json.loads(made)["services"]
    return services


def test_compose_takes_its_file_with_what_an_operator_fills_in(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    services = composed(text, tmp_path, "--profile", "proxy", "--profile", "seeing")
    assert services.keys() == {"bridge", "redis", "proxy", "prometheus", "grafana"}
    assert "INTERLUDE_SECRET" in services["bridge"]["environment"]
    assert services["bridge"]["stop_grace_period"] == "31m0s"


def test_compose_takes_its_file_with_the_lab_and_no_cloud(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    lab = ("--env-file", str(tmp_path / "lab.env"), "--profile", "lab", "--profile", "ring")
    services = composed(text, tmp_path, *lab)
    assert services.keys() == {"bridge", "redis", "lab", "ring"}
    assert services["bridge"]["environment"]["ACS_ENDPOINT"].startswith("http://127.0.0.1")


def test_a_misspelt_key_of_the_compose_file_would_be_seen(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    with pytest.raises(AssertionError, match="depend_on"):
        composed(text.replace("depends_on:", "depend_on:"), tmp_path)


def test_yaml_is_in_order() -> None:
    rules = {
        "extends": "default",
        "rules": {
            "line-length": "disable",
            "document-start": "disable",
            "braces": {"max-spaces-inside": 1},
            "comments": {"min-spaces-from-content": 1},
            "truthy": {"check-keys": False},
        },
    }
    files = [
        path
        for path in sorted(DEPLOY.rglob("*.y*ml"))
        if "templates" not in path.parts and not path.is_symlink()
    ]
    run(tool("yamllint", MAKE), "--strict", "-d", json.dumps(rules), *files)


def test_promtool_takes_the_alerts_and_they_fire_when_they_should() -> None:
    promtool = tool("promtool", "apt-get install prometheus brings it")
    run(promtool, "check", "rules", DEPLOY / "prometheus" / "alerts.yml")
    run(promtool, "test", "rules", DEPLOY / "prometheus" / "alerts.test.yml")
    config = DEPLOY / "prometheus" / "prometheus.yml"
    run(promtool, "check", "config", "--syntax-only", config)


def test_shellcheck_has_no_complaint_about_the_scripts() -> None:
    shellcheck = tool("shellcheck", "apt-get install shellcheck brings it")
    run(shellcheck, *sorted(DEPLOY.rglob("*.sh")))


def test_checkov_finds_nothing_but_what_is_left_on_purpose() -> None:
    checkov = tool("checkov", MAKE)
    run(
        checkov,
        *("--directory", DEPLOY, "--framework", "dockerfile", "bicep", "--skip-download"),
        *("--compact", "--quiet", "--config-file", DEPLOY / "checkov.yaml"),
        cwd=TOP,
    )
