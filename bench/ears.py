"""How much of what callers say the lab's recogniser understands."""

import audioop
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.caller_lines import LINES
from bridge.audio.pcm import SAMPLE_BYTES, duration_ms, level_dbfs, silence
from bridge.lab.quality import LineQuality, carried
from bridge.lab.recogniser import Recogniser
from bridge.lab.sounds import noise
from bridge.lab.speech import RATE_HZ, Mouth, Studio, caller_mouth, transcript
from bridge.lab.spelling import spelled
from bridge.lab.voicelive import RuleBrain
from bridge.service.flows import load_flows

VOICES = {  # the first two are Pico's
    "british": caller_mouth("en-US"),
    "american": Mouth("en-US", speed=0.85),
    "joe": Mouth("joe"),
    "joe_higher": Mouth("joe", pitch=1.2),
}
WIDE = "16 kHz"
TELEPHONE = "telephone"
NOISY = "telephone, noise 20 dB below"
CONDITIONS = (WIDE, TELEPHONE, NOISY)
LINE = LineQuality(g711=True)
_BEFORE_MS, _AFTER_MS = 300, 500
_SNR_DB = 20


@dataclass(frozen=True)
class Understood:
    """One line, as it was said and as it was understood."""

    said: str
    heard: str
    acted_alike: bool
    """Whether the lab's model calls the same tool, with the same numbers."""
    cpu_s: float
    """Of the recognition."""


async def understood(voice: Mouth, condition: str) -> list[Understood]:
    """Say every line, and listen at the other end."""
    studio, ears = Studio(), Recogniser()
    results = []
    for flow, lines in LINES.items():
        for line in lines:
            said = await studio.speak(line, voice)
            sound = silence(_BEFORE_MS, RATE_HZ) + said + silence(_AFTER_MS, RATE_HZ)
            if condition == NOISY:
                sound = _with_noise(sound, level_dbfs(said) - _SNR_DB)
            if condition != WIDE:
                sound = carried(sound, RATE_HZ, LINE)
            began_s = time.process_time()
            heard = transcript(await ears.recognise(sound, RATE_HZ))
            cpu_s = time.process_time() - began_s
            alike = _deed(flow, line) == _deed(flow, heard)
            results.append(Understood(line, heard, alike, cpu_s))
    return results


def recognition(results: Sequence[Understood]) -> float:
    """Share of words that were recognised: 1 less the word error rate."""
    wrong = sum(errors(one.said, one.heard) for one in results)
    return 1 - wrong / sum(len(spelled(one.said)) for one in results)


def show(voice: str, condition: str, results: Sequence[Understood], console: Console) -> None:
    """Print the figures, and what was misheard."""
    alike = sum(one.acted_alike for one in results)
    cpu_ms = 1000 * sum(one.cpu_s for one in results) / len(results)
    table = Table(
        "said",
        "understood",
        title=f"[b]{voice}, {condition}[/b]: {recognition(results):.1%} of the words, "
        f"{alike} of {len(results)} lines acted upon alike, {cpu_ms:.0f} ms of CPU a line",
        title_justify="left",
    )
    for one in results:
        if errors(one.said, one.heard):
            table.add_row(one.said, one.heard)
    console.print(table)


def errors(meant: str, understood: str) -> int:
    """Words that must be replaced, left out or put in to get from one to the other, at least."""
    wanted, there = spelled(meant), spelled(understood)
    row = list(range(len(there) + 1))
    for number, word in enumerate(wanted, start=1):
        above, row = row, [number]
        for at, other in enumerate(there):
            row.append(min(above[at] + (word != other), above[at + 1] + 1, row[at] + 1))
    return row[-1]


def _with_noise(pcm: bytes, dbfs: float) -> bytes:
    room = noise(duration_ms(pcm, RATE_HZ), RATE_HZ, dbfs).ljust(len(pcm), b"\0")
    return audioop.add(pcm, room[: len(pcm)], SAMPLE_BYTES)


def _deed(flow: str, said: str) -> list[tuple[str, dict[str, Any]]]:
    """What the lab's model does about it, but for arguments that are what was said."""
    calls = RuleBrain().turn(said, _tools(flow), "").calls
    return [
        (call.name, {name: value for name, value in call.arguments.items() if value != said})
        for call in calls
    ]


@cache
def _tools(flow: str) -> list[dict[str, Any]]:
    tools = load_flows("callflows").named(flow).tools.values()
    return [
        {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        for tool in tools
    ]
