"""Medians, ratios and tables of what was measured."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.barge import BargeRun
from bench.calls import Run
from bench.hearing import Verdict
from bench.spreads import Spread, spread

REFERENCE = "bare"
"""The program that the others are compared with."""

FALLS_BEHIND = 0.98
"""A program that passes on less than this share of the frames is overloaded."""

_LEGEND = """\
[b]CPU[/b] ms per call and second; [b]x bare[/b] the same over the bare relay's in the same turn; \
[b]1/CPU[/b] calls that a core would hold at this cost each (falls as it fills up: not a promise).
The relays convert nothing, so where rates or codings differ they do less than a bridge must.
[b]up[/b] a frame of ACS sent until its append is received, ms p50/p99/max; [b]first[/b] the same \
from the first delta of a response to its first frame.
[b]jitter[/b] deviation of arrivals from 20 ms; [b]lead[/b] the smallest lead of a frame over its \
turn, ms; [b]gaps[/b] frames after their turn, per call and minute.
[b]arrived[/b] share of frames up and of speech down; [b]*[/b] marks a program that falls behind: \
its CPU is that of less work.
[b]KiB[/b] memory per call; [b]load[/b] the load's own core, and how late its frames left, \
ms p99."""


_BARGE_HEADS = "tools|times|barge-in|deaf|error|mean|blurred|untold|wrong|beyond|late|over"
_BARGE_LEGEND = """\
[b]barge-in[/b] speech_started sent by Voice Live until StopAudio is received by ACS, ms \
p50/p99/max over all turns; [b]deaf[/b] interruptions without one.
[b]error[/b] audio_end_ms against what ACS had played of that item by then, ms p50/p99/max of its \
size, and its mean (above 0: more was told than heard), but for [b]blurred[/b] ones: the load was \
held up then; [b]untold[/b] cut, and no truncate; [b]wrong[/b] a truncate of another item; \
[b]beyond[/b] one of more than the item has.
[b]late[/b] frames of what was silenced, behind StopAudio; [b]over[/b] the agent spoke again while \
the caller still did.
[b]unmade[/b] responses cancelled while they were made; [b]core[/b] used by the product; \
[b]load[/b] the load's own core, and how late its frames left, ms p99."""


def show(runs: Sequence[Run], console: Console) -> None:
    """Print the medians over all turns."""
    for scenario, calls in dict.fromkeys((run.scenario, run.calls) for run in runs):
        here = [run for run in runs if (run.scenario, run.calls) == (scenario, calls)]
        console.print(_table(f"{scenario}, {calls} calls", here))
    console.print(_LEGEND)


def _table(title: str, runs: Sequence[Run]) -> Table:
    heads = "program|CPU|x bare|1/CPU|up|first|jitter|lead|gaps|arrived|lost|KiB|load"
    table = Table(title=title, title_justify="left")
    for head in heads.split("|"):
        table.add_column(head, justify="left" if head == "program" else "right", no_wrap=True)
    for program in dict.fromkeys(run.program for run in runs):
        own = [run for run in runs if run.program == program]
        cpu_ms = median(run.cpu_ms for run in own)
        up_share, down_share = (
            median(run.up_share for run in own),
            median(run.down_share for run in own),
        )
        late_ms = _median([run.load_late_ms and run.load_late_ms[1] for run in own])
        table.add_row(
            program + "*" * (up_share < FALLS_BEHIND),
            f"{cpu_ms:.1f}",
            _number(ratio(runs, program), 2),
            f"{1000 / cpu_ms:.0f}",
            medians([run.up_ms for run in own]),
            medians([run.first_ms for run in own]),
            "-" if program == "unpaced" else medians([run.jitter_ms for run in own]),
            _number(_median([run.least_lead_ms for run in own]), 0),
            f"{median(run.underruns for run in own):.1f}",
            f"{up_share:.0%} {down_share:.0%}",
            str(sum(run.lost for run in own)),
            _number(_median([run.rss_kib for run in own]), 0),
            f"{median(run.load_core for run in own):.0%} {_number(late_ms, 1)}",
        )
    return table


def ratio(runs: Sequence[Run], program: str) -> float | None:
    """Processor time over the reference's, the median over turns."""
    own = [run.cpu_ms for run in runs if run.program == program]
    reference = [run.cpu_ms for run in runs if run.program == REFERENCE]
    pairs = zip(own, reference, strict=False)
    return _median([mine / theirs for mine, theirs in pairs])


def write(results: Sequence[Any], path: Path) -> None:
    """Write every single result as JSON, and what it was taken on; what is a name is left out."""
    whole = [asdict(result) for result in results if not isinstance(result, str)]
    content = {"about": _about(), "results": whole}
    path.write_text(json.dumps(content, indent=1) + "\n")


def _about() -> dict[str, Any]:
    """The machine, for whoever compares figures."""
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.release(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
    }


def _median(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def medians(spreads: Iterable[Spread]) -> str:
    """Medians of the three values of many spreads."""
    there = [spread for spread in spreads if spread]
    if not there:
        return "-"
    middle, high, most = (median(values) for values in zip(*there, strict=True))
    return f"{middle:.2f} / {high:.1f} / {most:.0f}"


def columns(
    title: str, heads: Sequence[str], figures: Sequence[Iterable[tuple[str, str]]]
) -> Table:
    """A column for each head, and a row for each figure, which all of them have with its name."""
    table = Table(title=title, title_justify="left")
    table.add_column()
    for head in heads:
        table.add_column(head, justify="right")
    for line in zip(*figures, strict=True):
        table.add_row(line[0][0], *(figure for _, figure in line))
    return table


def show_verdicts(verdicts: Sequence[Verdict | str], console: Console) -> None:
    """Print one table for each pair of rates."""
    heard = [verdict for verdict in verdicts if isinstance(verdict, Verdict)]
    missing = sorted({verdict for verdict in verdicts if isinstance(verdict, str)})
    for pair in dict.fromkeys((verdict.from_hz, verdict.to_hz) for verdict in heard):
        here = [verdict for verdict in heard if (verdict.from_hz, verdict.to_hz) == pair]
        tones = "/".join(str(tone) for tone in here[0].tones_hz)
        table = Table(title=f"{pair[0]} to {pair[1]} Hz", title_justify="left")
        table.add_column("resampler", no_wrap=True)
        for head in (
            f"SNR dB @{tones}",
            "aliases dB" if pair[0] > pair[1] else "images dB",
            "flat dB",
            "held ms, most",
            "delay ms",
            "us/frame",
            "KiB",
        ):
            table.add_column(head, justify="right", no_wrap=True)
        for verdict in here:
            table.add_row(
                verdict.name,
                "/".join(f"{snr:.0f}" for snr in verdict.snr_db),
                f"{-verdict.rejection_db:.0f}",
                f"{verdict.flatness_db:.2f}",
                f"{verdict.held_mean_ms:.1f} {verdict.held_most_ms:.1f}",
                f"{verdict.delay_ms:.2f}",
                f"{verdict.cost_us:.0f}",
                f"{verdict.memory_kib:.0f}",
            )
        console.print(table)
    for name in missing:
        console.print(f"{name}: not installed")


def show_barges(runs: Sequence[BargeRun], console: Console) -> None:
    """Print what became of all interruptions, those of all turns together."""
    for scenario, calls in dict.fromkeys((run.scenario, run.calls) for run in runs):
        here = [run for run in runs if (run.scenario, run.calls) == (scenario, calls)]
        console.print(_barge_table(f"{scenario}, {calls} calls", here))
    console.print(_BARGE_LEGEND)


def _barge_table(title: str, runs: Sequence[BargeRun]) -> Table:
    late_ms = _median([run.load_late_ms and run.load_late_ms[1] for run in runs])
    title += f": core {median(run.core for run in runs):.0%}, load "
    title += f"{median(run.load_core for run in runs):.0%} {_number(late_ms, 1)}, "
    title += f"{sum(run.cancelled for run in runs)} unmade, {sum(run.lost for run in runs)} lost"
    table = Table(title=title, title_justify="left")
    for head in _BARGE_HEADS.split("|"):
        table.add_column(head, justify="left" if head == "tools" else "right", no_wrap=True)
    for tool in (False, True):
        own = [each for run in runs for each in run.barges if each.tool is tool]
        stop_ms = [ms for each in own for ms in each.stop_ms]
        error_ms = [ms for each in own for ms in each.error_ms]
        table.add_row(
            "running" if tool else "none",
            str(len(stop_ms) + sum(each.unstopped for each in own)),
            medians([spread(stop_ms)]),
            str(sum(each.unstopped for each in own)),
            medians([spread(abs(ms) for ms in error_ms)]),
            f"{fmean(error_ms):+.2f}" if error_ms else "-",
            str(sum(len(each.blurred_ms) for each in own)),
            *(
                str(sum(count))
                for count in zip(
                    *(
                        (each.untold, each.wrong, each.beyond, each.late_frames, each.talked_over)
                        for each in own
                    ),
                    strict=True,
                )
            ),
        )
    return table
