"""Dockerfile, compose file, YAML, alerts and scripts, as their own tools judge them."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.validators.conftest import DEPLOY, TOOLS, TOP, run, tool

MAKE = "make test-deploy installs it"


def test_hadolint_has_no_complaint_about_the_dockerfile() -> None:
    run(tool("hadolint", MAKE), DEPLOY / "Dockerfile")


def compose(folder: Path, text: str) -> None:
    """Judge a compose file, with its variables as they are by default, and merged as YAML says."""
    tool("hadolint", MAKE)
    file = folder / "compose.yaml"
    merged = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    file.write_text(yaml.safe_dump(merged))
    code = "import sys, compose_spec; compose_spec.PyCompose.from_yaml(open(sys.argv[1]).read())"
    run(TOOLS / "python", "-c", code, file)


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    compose(tmp_path, (DEPLOY / "compose.yaml").read_text())


def test_a_misspelt_key_of_the_compose_file_would_be_seen(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    with pytest.raises(AssertionError, match="depend_on"):
        compose(tmp_path, text.replace("depends_on:", "depend_on:"))


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
