"""A picture of a call, for documents and reviews."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bridge.audio.pcm import FRAME_MS
from bridge.lab.report import CallReport
from bridge.lab.stretch import Stretch, envelope, in_rows, next_starts_ms

_COLOURS = {"caller": "#1f77b4", "agent": "#2ca02c", "interim": "#ff9f1c"}
_TOOL = "#b07aa1"
_MUSIC = "#17a2a2"
_SILENCE = "#d62728"
_LETTERS = 220
"""So many fit beside each other from the beginning of a call to its end."""


def write_picture(report: CallReport, path: Path) -> None:
    """Write a PNG: two waveforms, what was said over them, tools between them, silence in red."""
    figure = Figure(figsize=(14, 5), layout="constrained")
    tools = in_rows(report.tools) or [[]]
    caller, tool_row, agent = figure.subplots(3, 1, sharex=True, height_ratios=(4, len(tools), 4))
    for row, pcm, label in ((caller, report.caller, "caller"), (agent, report.agent, "agent")):
        level = envelope(pcm, report.rate_hz)
        at_s = np.arange(len(level)) * FRAME_MS / 1000
        row.fill_between(at_s, -level, level, color="#555555", linewidth=0)
        row.set(ylim=(-1.0, 1.6), yticks=(), ylabel=label)
        lines = [s for s in report.spells if (s.who == "caller") == (row is caller)]
        ends_ms = next_starts_ms(lines, report.lasted_ms)
        for line, end_ms in zip(lines, ends_ms, strict=True):
            _shade(row, line, _COLOURS[line.who], 0.25)
            share = (end_ms - line.start_ms) / report.lasted_ms
            text = _short(line.text, round(share * _LETTERS))
            row.text(line.start_ms / 1000, 1.1, text, fontsize=8, color="black")
    for music in report.music:
        _shade(agent, music, _MUSIC, 0.15)
    for gap in report.silences:
        _shade(agent, gap, _SILENCE, 0.15)
        middle_s = (gap.start_ms + gap.end_ms) / 2000
        text = f"{gap.lasts_ms / 1000:.1f}"
        agent.text(middle_s, -0.85, text, fontsize=7, color=_SILENCE, ha="center")
    for height, row in enumerate(tools):
        for run in row:
            tool_row.barh(-height, run.lasts_ms / 1000, left=run.start_ms / 1000, color=_TOOL)
            tool_row.text(run.start_ms / 1000, -height, f" {run.name}", va="center", fontsize=8)
    tool_row.set(ylim=(-len(tools) + 0.4, 0.6), yticks=(), ylabel="tool")
    agent.set(xlim=(0, report.lasted_ms / 1000))
    agent.set_xlabel("seconds from the answer; red: the caller waits in silence")
    figure.suptitle(f"{report.flow}: what the caller heard. {report.summary()}", fontsize=11)
    figure.savefig(path, dpi=110)


def _shade(axes: Axes, stretch: Stretch, colour: str, alpha: float) -> None:
    axes.axvspan(stretch.start_ms / 1000, stretch.end_ms / 1000, color=colour, alpha=alpha)


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: max(0, longest - 1)]}…"
