"""The Bicep files, as far as a parser and Microsoft's published types tell."""

import os
import re
from pathlib import Path

import pytest

from tests.validators.bicep import Json, Types, parsed
from tests.validators.conftest import DEPLOY, TOOLS, tool

FILES = sorted((DEPLOY / "azure").rglob("*.bicep"))


@pytest.fixture(scope="module")
def trees() -> dict[Path, Json]:
    tool("checkov", "make test-deploy installs it, and pycep with it")
    return parsed(TOOLS / "python", FILES)


@pytest.fixture(scope="module")
def types() -> Types:
    clone = os.environ.get("BICEP_TYPES")
    if not clone:
        pytest.skip("BICEP_TYPES names no clone of github.com/Azure/bicep-types-az")
    return Types(Path(clone))


def test_a_parser_takes_every_file(trees: dict[Path, Json]) -> None:
    assert set(trees) == set(FILES)


def test_resources_have_what_their_types_have(trees: dict[Path, Json], types: Types) -> None:
    assert [
        f"{file.name}: {problem}"
        for file, tree in trees.items()
        for problem in types.problems(tree)
    ] == []


def test_a_misspelt_property_would_be_seen(types: Types, tmp_path: Path) -> None:
    bad = tmp_path / "bad.bicep"
    text = (DEPLOY / "azure" / "events.bicep").read_text()
    bad.write_text(text.replace("maxDeliveryAttempts: 2", "maxDeliveryAttempt: 2"))
    (tree,) = parsed(TOOLS / "python", [bad]).values()
    assert list(types.problems(tree)) == [
        "calls.properties.retryPolicy: there is no maxDeliveryAttempt."
    ]


def test_modules_are_given_what_they_ask_for_and_nothing_else(trees: dict[Path, Json]) -> None:
    main = DEPLOY / "azure" / "main.bicep"
    modules = trees[main]["modules"]
    assert modules
    for name, module in modules.items():
        config = module["config"].get("config", module["config"])
        asked = trees[main.parent / module["detail"]["path"]]["parameters"]
        given = set(config["params"])
        assert given <= set(asked), name
        assert {each for each, has in asked.items() if has["default"] is None} <= given, name


def test_outputs_of_modules_are_there(trees: dict[Path, Json]) -> None:
    main = DEPLOY / "azure" / "main.bicep"
    used = re.findall(r"(\w+)\.outputs\.(\w+)", main.read_text())
    assert used
    for module, output in used:
        path = main.parent / trees[main]["modules"][module]["detail"]["path"]
        assert output in trees[path]["outputs"], f"{module}.outputs.{output}"


def test_every_parameter_of_the_deployments_says_what_it_is() -> None:
    for name in ("main", "app", "events"):
        text = (DEPLOY / "azure" / f"{name}.bicep").read_text()
        for param in re.findall(r"^param (\w+)", text, re.MULTILINE):
            described = rf"@description\('[^\n]*'\)\n(?:@[^\n]*\n)*param {param}\b"
            assert re.search(described, text), f"{name}.bicep: {param}"
