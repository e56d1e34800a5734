"""`interlude lab run`, as a user has it: verdicts, pages, XML, exit status."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.lab.outcome import Outcome

SCRIPTS = """
flow: order_status
calls:
  - name: A caller is greeted
    steps:
      - hears: Thanks for calling
      - hangs_up: true
    budget: {dead_air_s: 2}
  - name: A caller hopes for more
    steps:
      - hears: Free parcels for everybody
        within_s: 3
      - hangs_up: true
    budget: {dead_air_s: 0.1}
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bridge", "lab", "run", *arguments],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "script.yaml").write_text(SCRIPTS)
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(str(folder), "--out", str(folder / "out"), "--junit", str(folder / "junit.xml"))


def test_a_failed_call_is_told_and_fails_the_run(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "passed  order_status: A caller is greeted" in done.stdout
    assert "FAILED  order_status: A caller hopes for more" in done.stdout
    assert "'Free parcels for everybody' within 3.0 s; heard instead:" in done.stdout
    assert "2 calls" in done.stdout
    assert "1 failed" in done.stdout


def test_each_call_leaves_a_page_and_its_figures(
    folder: Path, done: subprocess.CompletedProcess[str]
) -> None:
    assert done.returncode == 1
    outcomes = {outcome.name: outcome for outcome in Outcome.read_all(folder / "out")}
    assert {name: outcome.passed for name, outcome in outcomes.items()} == {
        "A caller is greeted": True,
        "A caller hopes for more": False,
    }
    for name in outcomes:
        assert name in (folder / "out" / f"{name}.html").read_text()
        assert f"{name}.html" in (folder / "out" / "index.html").read_text().replace("%20", " ")


def test_machines_read_the_verdicts(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1
    (suite,) = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == (
        "order_status",
        "2",
        "1",
    )
    failures = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failures == ["A caller hopes for more"]


def test_a_run_is_compared_with_an_earlier_one(
    folder: Path, done: subprocess.CompletedProcess[str]
) -> None:
    assert done.returncode == 1
    again = run(
        str(folder),
        *("--only", "greeted", "--out", str(folder / "again"), "--before", str(folder / "out")),
    )
    assert again.returncode == 0, again.stderr
    page = (folder / "again" / "comparison.html").read_text()
    assert "A caller hopes for more" in page, "it is only in the run before"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("name: x\nflow: nobody\nsteps: [{waits: 1}]", "There is no call flow 'nobody'"),
        (
            "name: x\nflow: order_status\ntools: {other: {hangs: true}}\nsteps: [{waits: 1}]",
            "tools: the flow has no tool other; it has order_status",
        ),
        (
            "name: x\nflow: order_status\nat: soon\nsteps: [{waits: 1}]",
            "at: 'soon' is no time like 2026-12-24T09:30.",
        ),
        (
            "name: x\nflow: order_status\nsteps: [{plays: nothing.wav}]",
            "nothing.wav cannot be played",
        ),
    ],
)
def test_a_script_that_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, script: str, sentence: str
) -> None:
    (tmp_path / "script.yaml").write_text(script)
    refused = run(str(tmp_path), "--out", str(tmp_path / "out"), "--jobs", "1")
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
