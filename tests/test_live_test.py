"""The plan of the live test asks about everything that the lab guesses, and its flows load."""

import ast
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from bridge.lab.acs.switches import CallbackSwitches
from bridge.lab.acs.switches import Switches as AcsSwitches
from bridge.lab.voicelive.switches import Switches as VoiceLiveSwitches
from bridge.service.flows import load_flows

ROOT = Path(__file__).parent.parent
PLAN = (ROOT / "docs/live-test.md").read_text()
NAMED = set(re.findall(r"`(\w+)`", PLAN))
SWITCHES = {
    each.name for one in (AcsSwitches, CallbackSwitches, VoiceLiveSwitches) for each in fields(one)
}
DOUBT = re.compile(
    r"not\s+documented|not\s+known|little\s+known|does\s+not\s+give|inferred|has\s+recorded|"
    r"reported\s+(of|as)|observed|as\s+recorded|recorded\s+in\s+either|known\s+issues|"
    r"Microsoft's\s+reference"
)


def doubtful(room: str) -> Iterator[str]:
    """The switches of a stand-in whose docstring says that something is not known for certain."""
    for made in ast.parse((ROOT / f"bridge/lab/{room}/switches.py").read_text()).body:
        if isinstance(made, ast.ClassDef):
            for switch, told in zip(made.body, made.body[1:], strict=False):
                match switch, told:
                    case (
                        ast.AnnAssign(target=ast.Name(name)),
                        ast.Expr(ast.Constant(str(docstring))),
                    ) if DOUBT.search(docstring):
                        yield name


def guessed() -> set[str]:
    """The switches in the table of what the lab guesses."""
    page = (ROOT / "docs/lab-server.md").read_text()
    _, _, after = page.partition("## What it guesses")
    table, _, _ = after.partition("\n## ")
    return set(re.findall(r"`(\w+)`", table)) & SWITCHES


@pytest.mark.parametrize(("room", "at_least"), [("acs", 18), ("voicelive", 5)])
def test_every_switch_that_stands_for_a_doubt_is_in_the_plan(room: str, at_least: int) -> None:
    doubts = set(doubtful(room))
    assert len(doubts) >= at_least, "else the docstrings are no longer understood"
    assert doubts - NAMED == set()


def test_every_switch_among_the_guesses_is_in_the_plan() -> None:
    assert len(guessed()) > 25
    assert guessed() - NAMED == set()


def test_every_question_has_one_row() -> None:
    rows = re.findall(r"^\|[^|\n]*?\b([TV]\d+) \|", PLAN, re.MULTILINE)
    rows += re.findall(r"^\| \d+ \| ([TV]\d+) \|", PLAN, re.MULTILINE)
    assert sorted(rows) == sorted([f"{wire}{number}" for wire in "TV" for number in range(1, 13)])


def test_the_plan_takes_an_hour_at_most() -> None:
    minutes = [int(minute) for minute in re.findall(r"^\| (\d+) \|", PLAN, re.MULTILINE)]
    assert minutes == sorted(minutes)
    assert minutes[-1] < 60


def test_the_flows_of_the_plan_have_the_service_speak(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    shutil.copy(ROOT / "callflows/hold.wav", folder)
    for name, source in re.findall(r"`live/(\w+\.py)`:\n\n```python\n(.*?)```", PLAN, re.DOTALL):
        (folder / name).write_text(source)
    flows = load_flows(str(folder)).by_name
    assert sorted(flows) == ["line", "made_up", "realtime"]
    assert {each.by for flow in flows.values() for each in flow.deliveries.values()} == {"service"}


def test_what_the_plan_has_corrected_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)", PLAN)
    named = re.findall(r"`(bridge/[\w/]+(?:\.py|/))`", PLAN)
    assert links
    assert [path for path in links if not (ROOT / "docs" / path).exists()] == []
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_recorder_of_the_plan_is_python() -> None:
    (source,) = re.findall(r"```py\n(.*?)```", PLAN, re.DOTALL)
    compile(source, "wire.py", "exec")
