"""Dashboard and alerts ask for figures that there are, and each alert says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from tests.deploy.conftest import DEPLOY

RUNBOOK = (DEPLOY.parent / "docs" / "runbook.md").read_text()
SELECTED = re.compile(r"((?:interlude|gen_ai_client)_\w+)(?:\{([^}]*)\})?")
GIVEN = {"instance", "job"}
"""Labels that Prometheus adds."""


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads((DEPLOY / "grafana" / "interlude.json").read_text())
    return board


def expressions() -> list[str]:
    asked = [target["expr"] for each in dashboard()["panels"] for target in each.get("targets", [])]
    variables = [each["query"]["query"] for each in dashboard()["templating"]["list"][1:]]
    return [*asked, *variables, *(alert["expr"] for alert in alerts())]


async def test_dashboard_and_alerts_ask_for_figures_that_a_service_has(
    families: list[Metric],
) -> None:
    labels: dict[str, set[str]] = {}
    for sample in (sample for family in families for sample in family.samples):
        labels.setdefault(sample.name, set()).update(sample.labels)
    asked = [found for text in expressions() for found in SELECTED.findall(text)]
    assert asked
    for name, selector in asked:
        assert name in labels, f"no service has {name}"
        assert set(re.findall(r"(\w+)=", selector)) <= labels[name] | GIVEN, f"{name}{{{selector}}}"


async def test_figures_are_summed_by_labels_that_they_have(families: list[Metric]) -> None:
    known = {label for family in families for sample in family.samples for label in sample.labels}
    summed = {
        label.strip()
        for text in expressions()
        for group in re.findall(r"by \(([^)]*)\)", text)
        for label in group.split(",")
    }
    assert summed <= known | GIVEN


async def test_every_figure_is_on_the_dashboard(families: list[Metric]) -> None:
    shown = {name for text in expressions() for name, _ in SELECTED.findall(text)}
    ours = ("interlude_", "gen_ai_client_")
    figures = {family.name for family in families if family.name.startswith(ours)}
    assert {figure for figure in figures if not any(name.startswith(figure) for name in shown)} == (
        set()
    )


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    assert re.findall(r"^## (Interlude\w+)$", RUNBOOK, re.MULTILINE) == [
        alert["alert"] for alert in alerts()
    ]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_links_to_its_section_which_says_what_callers_notice_and_what_mends_it(
    alert: dict[str, Any],
) -> None:
    name = alert["alert"]
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    section = RUNBOOK.split(f"## {name}\n")[1].split("\n## ")[0]
    parts = re.findall(r"^\*\*(\w+)\.\*\* ", section, re.MULTILINE)
    assert parts == ["Callers", "Look", "Mend"]


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(places) == len(set(places))


def test_the_chart_ships_the_same_alerts_and_dashboard() -> None:
    files = DEPLOY / "helm" / "interlude" / "files"
    shipped = {Path("alerts.yml"): "prometheus", Path("interlude.json"): "grafana"}
    for name, folder in shipped.items():
        assert (files / name).read_text() == (DEPLOY / folder / name).read_text()
