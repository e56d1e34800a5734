"""The page of one call."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from bridge.audio.resample import Resampler
from bridge.lab.outcome import Outcome
from bridge.lab.pages.rendering import write_page
from bridge.lab.pages.timeline import Timeline
from bridge.lab.report import CallReport
from bridge.lab.wave_file import stereo

_PAGE_HZ = 8_000
"""As good as a telephone; twice the rate would double the page."""
_WHO = {"caller": "Caller", "agent": "Agent", "interim": "Interim line"}


@dataclass(frozen=True)
class Entry:
    """One thing that happened, for the list beside the picture."""

    at_ms: float
    kind: str
    """`caller`, `agent`, `interim`, `tool`, `music`, `silence` or `barge_in`."""
    label: str
    text: str = ""
    note: str = ""


def write_call_page(outcome: Outcome, folder: Path) -> Path:
    """Write `NAME.html`: sound, picture, words and figures of a call in one file."""
    report = outcome.report
    record = orjson.dumps(report.bridge, option=orjson.OPT_INDENT_2).decode()
    path = folder / f"{outcome.name}.html"
    write_page(
        path,
        "call.html",
        outcome=outcome,
        timeline=Timeline(report),
        entries=sorted(_entries(report), key=lambda entry: entry.at_ms),
        sound=base64.b64encode(_wav(report)).decode(),
        record=record,
    )
    return path


def _entries(report: CallReport) -> Iterator[Entry]:
    for spell in report.spells:
        cut_off = "cut off, and nobody interrupted" if spell in report.cut_off else "heard in part"
        note = "" if spell.complete else cut_off
        yield Entry(spell.start_ms, spell.who, _WHO[spell.who], spell.text, note)
    for run in report.tools:
        text = f"{run.arguments} → {run.result}" if run.result else run.arguments
        yield Entry(run.start_ms, "tool", f"Tool {run.name}", text, f"{run.lasts_ms / 1000:.1f} s")
    for music in report.music:
        yield Entry(
            music.start_ms, "music", "Music, or a sound", "", f"{music.lasts_ms / 1000:.1f} s"
        )
    for gap in report.silences:
        yield Entry(gap.start_ms, "silence", "Dead air", "", f"{gap.lasts_ms / 1000:.1f} s")
    for barge_in in report.barge_ins:
        note = f"the agent is silent after {barge_in.lasts_ms:.0f} ms"
        yield Entry(barge_in.start_ms, "barge_in", "Barge-in", "", note)


def _wav(report: CallReport) -> bytes:
    """Both channels, caller left, at the rate of a telephone."""
    narrowed = []
    for pcm in (report.caller, report.agent):
        narrow = Resampler(report.rate_hz, _PAGE_HZ)
        narrowed.append(narrow(pcm) + narrow.flush())
    caller, agent = narrowed
    return stereo(caller, agent, _PAGE_HZ)
