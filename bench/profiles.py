"""Where the time of a program goes."""

import pstats
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.calls import measure
from bench.scenarios import Scenario

_ROOT = str(Path(__file__).parent.parent)


def show(
    scenario: Scenario, program: str, calls: int, seconds: float, rows: int, console: Console
) -> None:
    """Run a program under cProfile and print its dearest functions.

    Figures are per frame of a caller, so that two programs can be compared line by line. cProfile
    adds about a microsecond to each call of a function, which makes small functions look dear.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "profile")
        run = measure(scenario, program, calls, seconds, path)
        stats: dict[Any, Any] = vars(pstats.Stats(str(path)))["stats"]
    frames = calls * 50 * seconds
    own_us = sum(own_s for _, _, own_s, *_ in stats.values()) / frames * 1e6
    title = f"{program}, {scenario.name}, {calls} calls: {own_us:.0f} us a frame seen in Python"
    title += f", {run.cpu_ms * 20:.0f} us in all"
    table = Table(title=title)
    for head in ("own us", "with callees us", "times", "function"):
        table.add_column(head, justify="left" if head == "function" else "right")
    dearest = sorted(stats.items(), key=lambda item: -item[1][2])
    for (file, line, name), (_, times, own_s, all_s, _callers) in dearest[:rows]:
        table.add_row(
            f"{own_s / frames * 1e6:.2f}",
            f"{all_s / frames * 1e6:.2f}",
            f"{times / frames:.2f}",
            f"{_short(file)}:{line} {name}",
        )
    console.print(table)


def _short(file: str) -> str:
    return file.removeprefix(_ROOT + "/").rpartition("site-packages/")[2]
