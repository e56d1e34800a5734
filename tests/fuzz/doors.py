"""Fuzzes the three doors that JSON comes in by, each in a process of its own, and counts.

python -m tests.fuzz.doors events callbacks media --runs 350000
"""

import argparse
import base64
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

DOORS = ("events", "callbacks", "media")
_LINES = 30
"""Of what a fuzzer printed last: the traceback is among them."""


class Unhandled(Exception):
    """A door raised what it does not say it raises, or hung; the message has the body."""


def fuzz(door: str, runs: int, target: str = "tests.fuzz.target") -> int:
    """Give a door `runs` bodies; returns how many libFuzzer counted.

    Raises:
        Unhandled: it did not take one of them.
    """
    with TemporaryDirectory() as folder:
        fuzzer = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", target, door, str(runs), folder],
            env={name: text for name, text in os.environ.items() if "COVERAGE" not in name},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        # LibFuzzer's last word; its alarm for bodies that hang may go off even after it (observed).
        if done := re.search(r"^Done (\d+) in", fuzzer.stderr, re.MULTILINE):
            return int(done[1])
        printed = [*fuzzer.stdout.splitlines()[-_LINES:], *fuzzer.stderr.splitlines()[-_LINES:]]
        bodies = [
            f"{body.name}, base64: {base64.b64encode(body.read_bytes()).decode()}"
            for body in Path(folder).glob("*-*")
        ]
    raise Unhandled(
        "\n".join([f"fuzz: {door}, exit status {fuzzer.returncode}", *printed, *bodies])
    )


def in_words(cases: Mapping[str, int]) -> str:
    """One line: the cases of each door, and of all."""
    each = ", ".join(f"{door} {count:,}" for door, count in cases.items())
    return f"fuzz: {each}; {sum(cases.values()):,} cases, 0 unhandled"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.doors")
    parser.add_argument("doors", nargs="*", default=DOORS)
    parser.add_argument("--runs", type=int, default=350_000)
    chosen = parser.parse_args()
    print(in_words({door: fuzz(door, chosen.runs) for door in chosen.doors}))  # noqa: T201 - its output
