"""The scripts of the shipped flows come true."""

from pathlib import Path

import pytest

from bridge.lab.script import Script, read_scripts
from bridge.lab.script import steps as does
from bridge.rehearsal.run import run_script
from bridge.service.flows import Flows
from tests.rehearsal.conftest import CALLFLOWS

SCRIPTS = [script for _, script in read_scripts(CALLFLOWS / "tests")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
async def test_a_shipped_script_comes_true(shipped: Flows, clips: Path, script: Script) -> None:
    outcome = await run_script(shipped, script, CALLFLOWS / "tests", clips)
    assert [str(failure) for failure in outcome.all_failures] == []


def test_the_scripts_cover_what_callers_meet() -> None:
    verbs = {next(iter(type(step).model_fields)) for script in SCRIPTS for step in script.steps}
    assert verbs >= set(does.VERBS) - {"plays"}
    met = {name for script in SCRIPTS for name in ("tools", "colleagues") if getattr(script, name)}
    assert met == {"tools", "colleagues"}
    assert {script.flow for script in SCRIPTS} == {"order_status", "billing_de", "clinic"}
