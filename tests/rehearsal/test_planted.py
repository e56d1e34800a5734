"""Whatever goes wrong on the line, a script notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.lab.script import read_scripts
from bridge.rehearsal.run import run_script
from bridge.service.flows import Flows
from tests.rehearsal.conftest import CALLFLOWS
from tests.rehearsal.planted import FAULTS, spoilt

SCRIPTS = {script.name: script for _, script in read_scripts(CALLFLOWS / "tests")}


@pytest.fixture(scope="module")
def caught(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The faults that were noticed, told at the end to whoever runs the tests."""
    noticed: list[str] = []
    yield noticed
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture
    with capture.global_and_fixture_disabled():
        print(f"\nplanted faults: {len(noticed)} of {len(FAULTS)} caught")  # noqa: T201 - a figure


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_noticed(
    shipped: Flows, clips: Path, monkeypatch: pytest.MonkeyPatch, caught: list[str], name: str
) -> None:
    fault = FAULTS[name]
    script = SCRIPTS[fault.script]
    fault.plant(monkeypatch)
    flows = spoilt(shipped, script.flow, fault)
    outcome = await run_script(flows, script, CALLFLOWS / "tests", clips)
    assert not outcome.passed
    caught.append(name)


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 15
