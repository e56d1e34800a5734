"""What a call leaves in a folder: the sound, a picture of it, and the figures."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from matplotlib.figure import Figure

from bridge.audio.pcm import duration_ms
from bridge.lab.acs import Line
from bridge.lab.speech import Heard
from bridge.lab.wave_file import stereo

_COLOURS = {"caller": "#1f77b4", "agent": "#2ca02c", "interim": "#ff9f1c", "tool": "#b07aa1"}
_SHORTEST_SILENCE_MS = 300
_AUDIBLE = 0.003
"""Peak, of full scale: -50 dB."""


@dataclass(frozen=True)
class Event:
    """Something that began at a moment of the call; before the answer, `at_ms` is negative."""

    at_ms: float
    kind: str
    """`line`, `caller`, `agent`, `interim`, `tool_called` or `tool_answered`."""
    text: str


@dataclass(frozen=True)
class Spell:
    """Something that lasted."""

    who: str
    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, kw_only=True)
class CallReport:
    """One call, as the caller heard it. Both channels share one clock, from the answer on."""

    flow: str
    rate_hz: int
    caller: bytes
    agent: bytes
    events: Sequence[Event]
    said: Sequence[Line]
    heard: Sequence[Heard]
    bridge: dict[str, Any]
    """The service's own record of the call."""

    def write(self, folder: Path) -> None:
        """Write `call.wav` (stereo, caller left), `timeline.png` and `call.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        sound = stereo(self.caller, self.agent, self.rate_hz)
        (folder / "call.wav").write_bytes(sound)
        self._draw().savefig(folder / "timeline.png", dpi=110)
        (folder / "call.json").write_bytes(
            orjson.dumps(self.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )

    @property
    def spells(self) -> list[Spell]:
        """Who spoke when, on the line; a line is interim if the agent's side said so."""
        interim = {event.text for event in self.events if event.kind == "interim"}
        agent = [
            Spell("interim" if h.text in interim else "agent", h.text, h.start_ms, h.end_ms)
            for h in self.heard
        ]
        caller = [Spell("caller", line.text, line.start_ms, line.end_ms) for line in self.said]
        return sorted(agent + caller, key=lambda spell: spell.start_ms)

    @property
    def silences(self) -> list[Spell]:
        """Where the caller waited for the agent and heard nothing, music neither."""
        return [
            Spell("silence", "", start_ms, end_ms)
            for before, after in pairwise(self.spells)
            if after.who != "caller"
            for start_ms, end_ms in self._quiet(before.end_ms, after.start_ms)
            if end_ms - start_ms > _SHORTEST_SILENCE_MS
        ]

    def _quiet(self, from_ms: float, to_ms: float) -> Iterator[tuple[float, float]]:
        """The stretches without a sound of the agent's side."""
        at_s, peaks = _envelope(self.agent, self.rate_hz)
        start_ms = from_ms
        for at_ms in (at_s[peaks > _AUDIBLE] * 1000).tolist():
            if from_ms <= at_ms < to_ms:
                yield start_ms, at_ms
                start_ms = at_ms
        yield start_ms, to_ms

    @property
    def longest_silence_ms(self) -> float:
        """The longest of the silences; 0 without any."""
        return max((gap.end_ms - gap.start_ms for gap in self.silences), default=0.0)

    def summary(self) -> str:
        """The figures in a sentence."""
        interim = sum(spell.who == "interim" for spell in self.spells)
        return (
            f"{duration_ms(self.agent, self.rate_hz) / 1000:.1f} s on the line, "
            f"{interim} interim response(s), "
            f"longest silence {self.longest_silence_ms / 1000:.1f} s."
        )

    def as_json(self) -> dict[str, Any]:
        """Everything but the sound."""
        return {
            "flow": self.flow,
            "lasted_ms": round(duration_ms(self.agent, self.rate_hz)),
            "longest_silence_ms": round(self.longest_silence_ms),
            "heard": [asdict(spell) for spell in self.spells],
            "silences": [asdict(spell) for spell in self.silences],
            "events": [asdict(event) for event in self.events],
            "bridge": self.bridge,
        }

    def _draw(self) -> Figure:
        """Two waveforms, what was said over them, tools between them, silence in red."""
        figure = Figure(figsize=(14, 5), layout="constrained")
        axes = figure.subplots(3, 1, sharex=True, height_ratios=(4, 1, 4))
        rows = {"caller": axes[0], "agent": axes[2], "interim": axes[2]}
        for row, pcm, label in ((axes[0], self.caller, "caller"), (axes[2], self.agent, "agent")):
            at_s, level = _envelope(pcm, self.rate_hz)
            row.fill_between(at_s, -level, level, color="#555555", linewidth=0)
            row.set(ylim=(-1.0, 1.6), yticks=(), ylabel=label)
        for spell in self.spells:
            row, colour = rows[spell.who], _COLOURS[spell.who]
            row.axvspan(spell.start_ms / 1000, spell.end_ms / 1000, color=colour, alpha=0.25)
            row.text(spell.start_ms / 1000, 1.1, _short(spell.text), fontsize=8, color="black")
        for gap in self.silences:
            axes[2].axvspan(gap.start_ms / 1000, gap.end_ms / 1000, color="red", alpha=0.12)
        for tool in self._tools():
            start_s, end_s = tool.start_ms / 1000, tool.end_ms / 1000
            axes[1].barh(0, end_s - start_s, left=start_s, color=_COLOURS["tool"])
            axes[1].text(start_s, 0, f" {tool.text}", va="center", fontsize=8)
        axes[1].set(ylim=(-1, 1), yticks=(), ylabel="tool")
        axes[2].set_xlabel("seconds from the answer; red: the caller waits in silence")
        figure.suptitle(f"{self.flow}: what the caller heard. {self.summary()}", fontsize=11)
        return figure

    def _tools(self) -> list[Spell]:
        """Runs of tools, from the agent's call to the result it got, or the end of the call."""
        tools, running = [], dict[str, float]()
        for event in self.events:
            name = event.text.partition(" ")[0]
            if event.kind == "tool_called":
                running[name] = event.at_ms
            elif event.kind == "tool_answered" and name in running:
                tools.append(Spell("tool", name, running.pop(name), event.at_ms))
        lasted_ms = duration_ms(self.agent, self.rate_hz)
        return tools + [Spell("tool", name, at_ms, lasted_ms) for name, at_ms in running.items()]


def _envelope(pcm: bytes, rate_hz: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Peak of each 20 ms, and when; full scale is 1."""
    block = rate_hz // 50
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    peaks = np.abs(samples[: len(samples) // block * block].reshape(-1, block)).max(axis=1)
    return np.arange(len(peaks)) * 0.02, peaks


def _short(text: str, longest: int = 46) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
