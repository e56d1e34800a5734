"""Pictures of what was measured, for pages that show them at half their size. Needs matplotlib."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.calls import Run
from bench.hearing import Sweep
from bench.resamplers import OURS

_NAMES = {
    "product": "Interlude",
    "bare": "bare relay",
    "unpaced": "relay without a clock",
    "typed": "the SDK's typed events",
    OURS: "Interlude",
}
_COLOURS = {"product": "#1f5fa8", "bare": "#808080", "unpaced": "#b8b8b8", "typed": "#d9772b"}
_MARKS = {"product": "o", "bare": "s", "unpaced": "v", "typed": "D"}
_OTHERS = ("#d9772b", "#2a9d5c", "#8e5bb5", "#c23b4b", "#8a6d3b", "#3aa6b9", "#707070")
_WIDTH_IN, _HEIGHT_IN, _DPI = 12.0, 6.5, 130
_FONT: dict[Any, Any] = {"font.size": 14, "axes.spines.top": False, "axes.spines.right": False}


@contextmanager
def _picture(path: Path, columns: int, **axes: Any) -> Iterator[tuple[Figure, list[Axes]]]:
    with mpl.rc_context(_FONT):
        figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN), layout="constrained")
        panels = figure.subplots(1, columns, squeeze=False, **axes)
        yield figure, list(panels[0])
        figure.savefig(path, dpi=_DPI)


def draw_calls(runs: Sequence[Run], path: Path) -> None:
    """Processor time per call by the number of calls, one panel for each scenario."""
    scenarios = list(dict.fromkeys(run.scenario for run in runs))
    numbers = sorted({run.calls for run in runs})
    with _picture(path, len(scenarios), sharey=True) as (_, panels):
        for panel, scenario in zip(panels, scenarios, strict=True):
            here = [run for run in runs if run.scenario == scenario]
            for program in dict.fromkeys(run.program for run in here):
                own = [run for run in here if run.program == program]
                cpu_ms = [
                    median(run.cpu_ms for run in own if run.calls == calls) for calls in numbers
                ]
                panel.plot(
                    range(len(numbers)),
                    cpu_ms,
                    color=_COLOURS[program],
                    marker=_MARKS[program],
                    linewidth=2.5,
                    markersize=8,
                    label=_NAMES[program],
                )
            panel.set_title(scenario, fontsize="medium")
            panel.set_xticks(range(len(numbers)), [str(number) for number in numbers])
            panel.set_xlabel("calls at the same time")
            panel.grid(axis="y", alpha=0.3)
        panels[0].set_ylabel("ms of CPU per call and second")
        panels[0].set_ylim(bottom=0)
        panels[-1].legend(frameon=False)


def draw_sweeps(sweeps: Sequence[Sweep], path: Path) -> None:
    """What resamplers do to tones that they should pass, and to tones that they should not."""
    with _picture(path, 2) as (figure, (passed, mirrored)):
        others = iter(_OTHERS)
        for sweep in sweeps:
            is_ours = sweep.name == OURS
            style: dict[str, Any] = {
                "color": _COLOURS["product"] if is_ours else next(others),
                "linewidth": 3.5 if is_ours else 1.8,
                "linestyle": "--" if "per frame" in sweep.name else "-",
                "zorder": 3 if is_ours else 2,
                "label": f"{_NAMES.get(sweep.name, sweep.name)}: {abs(sweep.late_ms):.1f} ms late",
            }
            for panel, levels in ((passed, sweep.passed), (mirrored, sweep.mirrored)):
                panel.plot([hz / 1000 for hz, _ in levels], [db for _, db in levels], **style)
        passed.set(ylim=(-15, 1), xlim=(0, 8), xlabel="kHz", ylabel="dB")
        passed.set_title("tones that should pass", fontsize="medium")
        mirrored.set(ylim=(-100, 5), xlim=(8, 12), xticks=range(8, 13), xlabel="kHz")
        mirrored.set_title("what is left of tones that should be gone", fontsize="medium")
        for panel in (passed, mirrored):
            panel.grid(alpha=0.3)
        handles, labels = passed.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
