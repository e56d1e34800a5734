"""A table of what a bridge that runs somewhere has carried."""

from collections.abc import Iterator, Sequence

from rich.console import Console

from bench.deployed import Carried
from bench.figures import columns, medians


def show(url: str, done: Sequence[Carried], console: Console) -> None:
    """Print a column for each step, and why calls failed."""
    replicas = list(dict.fromkeys(each.url for step in done for each in step.replicas))
    title = f"{url}, by calls offered; times in ms, p50 / p99 / max"
    heads = [str(step.offered) for step in done]
    console.print(columns(title, heads, [_figures(step, replicas) for step in done]))
    for unread in dict.fromkeys(step.unread for step in done if step.unread):
        console.print(unread)
    for step in done:
        for why, times in step.failed.items():
            console.print(f"{times} of {step.offered} calls failed: {why}")


def _figures(step: Carried, replicas: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "calls begun", str(step.calls)
    yield "calls cut", str(step.gone)
    yield "from the announcement until ACS is asked to answer", medians([step.answer_ms])
    yield "from there until media and Voice Live are set up", medians([step.session_ms])
    yield "added to a caller's frame, to the model", medians([step.up_ms])
    yield "added to the first frame of a response, to the caller", medians([step.first_ms])
    yield "frames lost, both ways", str(step.lost)
    yield "frames after their turn, per call and minute", f"{step.underruns:.1f}"
    yield "from speech_started until StopAudio", medians([step.stop_ms])
    yield "interruptions without StopAudio", str(step.unstopped)
    yield "here: share of a core", f"{step.load_core:.0%}"
    late_ms = step.load_late_ms
    yield "here: how late the callers' frames left, p99", f"{late_ms[1]:.1f}" if late_ms else "-"
    said = {each.url: each for each in step.replicas}
    for url in replicas:
        each = said.get(url)
        core, rss_kib = (each.core, each.rss_kib) if each else (None, None)
        yield f"{url}: calls in progress", str(each.calls) if each else "-"
        yield "  share of a core", "-" if core is None else f"{core:.0%}"
        yield "  memory, MB", "-" if rss_kib is None else f"{rss_kib / 1024:.0f}"
        yield "  how late its event loop is, ms", f"{each.late_ms:.1f}" if each else "-"
