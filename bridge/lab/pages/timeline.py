"""Where things lie in the drawing of a call: shares of its length, for SVG."""

from collections.abc import Iterable, Sequence

import numpy as np

from bridge.audio.pcm import FRAME_MS
from bridge.lab.report import CallReport, Spell, ToolRun
from bridge.lab.stretch import Stretch, envelope, in_rows, next_starts_ms

_COLUMNS = 1_200
"""Of a waveform; more cannot be told apart on a screen."""
_STEPS_S = (1, 2, 5, 10, 30, 60, 120, 300)
_MOST_TICKS = 20
_ROW = 26
"""Height of a row of tools, in pixels."""


class Timeline:
    """Everything that a template draws of a call."""

    def __init__(self, report: CallReport, lasts_ms: float = 0) -> None:
        self.report = report
        self.lasts_ms = max(report.lasted_ms, lasts_ms, 1)
        """What the width of the drawing stands for: the call's own length, or a longer one's."""
        self.tool_rows: list[list[ToolRun]] = in_rows(report.tools)
        self.tools_px = len(self.tool_rows) * _ROW

    def x(self, ms: float) -> str:
        """Where a moment lies."""
        return f"{100 * min(max(ms / self.lasts_ms, 0), 1):.3f}%"

    def width(self, stretch: Stretch) -> str:
        """How wide a stretch is, within the drawing."""
        lasts_ms = min(stretch.end_ms, self.lasts_ms) - max(stretch.start_ms, 0)
        return f"{100 * max(lasts_ms / self.lasts_ms, 0):.3f}%"

    @property
    def ticks(self) -> list[int]:
        """Whole seconds to be marked."""
        lasts_s = self.lasts_ms / 1000
        step_s = next((s for s in _STEPS_S if lasts_s / s <= _MOST_TICKS), _STEPS_S[-1])
        return list(range(0, int(lasts_s) + 1, step_s))

    @property
    def caller_lines(self) -> list[tuple[Spell, str]]:
        """What the caller said, and how wide its label may be: to where the next begins."""
        return self._labelled(s for s in self.report.spells if s.who == "caller")

    @property
    def agent_lines(self) -> list[tuple[Spell, str]]:
        """The same of the agent's side."""
        return self._labelled(s for s in self.report.spells if s.who != "caller")

    def _labelled(self, spells: Iterable[Spell]) -> list[tuple[Spell, str]]:
        lines = list(spells)
        ends_ms = next_starts_ms(lines, self.lasts_ms)
        return [
            (line, self.width(Stretch(line.start_ms, end_ms)))
            for line, end_ms in zip(lines, ends_ms, strict=True)
        ]

    @property
    def caller_wave(self) -> str:
        """An SVG path, 0 to `_COLUMNS` wide for the whole call and 100 high."""
        return self._wave(self.report.caller)

    @property
    def agent_wave(self) -> str:
        """The same of the agent's side."""
        return self._wave(self.report.agent)

    @property
    def wave_width(self) -> int:
        """Width of both paths."""
        return _COLUMNS

    def _wave(self, pcm: bytes) -> str:
        peaks = envelope(pcm, self.report.rate_hz)
        columns = min(len(peaks), _COLUMNS)
        starts = np.arange(columns) * len(peaks) // max(columns, 1)
        heights = np.rint(np.maximum.reduceat(peaks, starts) * 50) if columns else ()
        scale = _COLUMNS * FRAME_MS / self.lasts_ms
        return _outline(
            [(start * scale, int(high)) for start, high in zip(starts, heights, strict=True)]
        )


def _outline(points: Sequence[tuple[float, int]]) -> str:
    there = [f"{x:.1f} {50 - height}" for x, height in points]
    back = [f"{x:.1f} {50 + height}" for x, height in reversed(points)]
    return f"M{'L'.join([*there, *back])}Z" if points else ""
