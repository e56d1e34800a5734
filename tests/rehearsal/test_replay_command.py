"""`interlude replay`, as a user has it: what it says, what it leaves, and its exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FLOW = """
from bridge import Callflow
flow = Callflow(number="+18005550101", greeting="{greeting}")
"""
SCRIPT = """
name: Greeted
flow: hello
steps:
  - hears: Good morning
  - waits: 1
  - hangs_up: true
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bridge", *map(str, arguments)],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def flows(folder: Path, greeting: str) -> Path:
    folder.mkdir()
    (folder / "hello.py").write_text(FLOW.format(greeting=greeting))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a rehearsed call, which has left its flight."""
    folder = tmp_path_factory.mktemp("replay")
    (folder / "script.yaml").write_text(SCRIPT)
    morning = flows(folder / "morning_lines", "Good morning.")
    done = run("lab", "run", folder / "script.yaml", "--flows", morning, "--out", folder / "lab")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_same_call_is_said_to_be_the_same(folder: Path) -> None:
    flight, out = folder / "lab" / "Greeted.call", folder / "same"
    done = run("replay", flight, "--flows", folder / "morning_lines", "--out", out)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "The caller hears what they heard." in done.stdout
    assert {path.name for path in out.iterdir()} == {
        *("Greeted.call", "Greeted.html", "Greeted.json", "Greeted.wav"),
        "comparison.html",
    }


def test_another_greeting_is_shown_and_fails(folder: Path) -> None:
    evening = flows(folder / "evening_lines", "Good evening.")
    flight, out = folder / "lab" / "Greeted.call", folder / "other"
    done = run("replay", flight, "--flows", evening, "--out", out)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "- Good morning." in done.stdout
    assert "+ Good evening." in done.stdout
    assert "Good evening." in (out / "comparison.html").read_text("utf-8")


def test_what_cannot_be_played_is_said_in_a_sentence(folder: Path) -> None:
    morning, flight = folder / "morning_lines", folder / "lab" / "Greeted.call"
    short = folder / "short.call"
    short.write_bytes(flight.read_bytes()[:-20])
    for arguments, sentence in (
        ((folder / "none.call",), "none.call cannot be read: No such file or directory."),
        ((short,), "short.call is cut short: copy it whole."),
        ((flight, "--out", folder / "lab"), "holds the recording: name another folder"),
    ):
        done = run("replay", *arguments, "--flows", morning)
        assert done.returncode == 2, done.stdout + done.stderr
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
