"""`interlude lab run`: scripts on the terminal, and what they leave behind."""

import logging
import os
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_comparison, write_index
from bridge.lab.recogniser import Recogniser
from bridge.lab.script import BadScript, Script, read_scripts
from bridge.rehearsal.junit import write_junit
from bridge.rehearsal.many import Rehearsed, run_against, run_scripts
from bridge.rehearsal.stage import Against
from bridge.running import run
from bridge.service.logs import configure_logs


def rehearse(
    path: Path,
    source: str,
    out: Path,
    *,
    junit: Path | None = None,
    before: Path | None = None,
    only: str = "",
    jobs: int | None = None,
    against: str | None = None,
) -> bool:
    """Run the scripts at `path`, write their pages, and say what came of each; whether all passed.

    Args:
        path: a script, or a folder of scripts.
        source: package or folder of call flows.
        out: folder for pages, sound and figures.
        junit: file for JUnit's XML.
        before: folder of an earlier run, to be compared with.
        only: only calls whose names contain this.
        jobs: processes; without, one for each core.
        against: endpoint of a Voice Live to use in place of the lab's, by `VOICELIVE_API_KEY` or an
            identity; in real time, one call after the other.

    Raises:
        EarsMissing: only a recogniser would understand its voices.
        BadScript, FlowError: a script does not fit, or there is none.
    """
    console = Console(highlight=False)
    scripts = [(file, script) for file, script in read_scripts(path) if only in script.name]
    if not scripts:
        raise BadScript(f"{path}: no call's name contains {only!r}.")
    earlier = Outcome.read_all(before) if before else []
    out.mkdir(parents=True, exist_ok=True)
    if against:
        voice = Against(against, os.environ.get("VOICELIVE_API_KEY"), Recogniser())
        fitting = [(file, script) for file, script in scripts if voice.fits(script)]
        if not fitting:
            raise BadScript(f"{path}: every call tells the lab's own Voice Live what to do.")
        console.print(f"Against {against}, in real time. Each call costs what a call costs.")
        console.print(f"Skipped, for the lab's own Voice Live: {len(scripts) - len(fitting)}.")
        configure_logs(json=False, level=logging.ERROR)
        done: list[Rehearsed] = []
        run(_run_against(voice, source, fitting, out, console, done))
    else:
        done = _run(source, scripts, out, jobs, console)
    done.sort(key=lambda each: (each.file, each.outcome.name))
    outcomes = [each.outcome for each in done]
    write_index(outcomes, out)
    if junit:
        write_junit(done, junit)
    failed = sum(not outcome.passed for outcome in outcomes)
    minutes = sum(outcome.report.lasted_ms for outcome in outcomes) / 60_000
    console.print(f"{len(outcomes)} calls, {minutes:.1f} minutes on the line, {failed} failed.")
    console.print(f"Left in {out}/: index.html, and of each call a page, its sound and figures.")
    if before:
        console.print(f"Compared with {before}: {write_comparison(earlier, outcomes, out)}")
    return not failed


async def _run_against(
    voice: Against,
    source: str,
    scripts: list[tuple[Path, Script]],
    out: Path,
    console: Console,
    done: list[Rehearsed],
) -> None:
    async for each in run_against(voice, source, scripts, out):
        done.append(each)
        _tell(each.outcome, console)


def _run(
    source: str,
    scripts: list[tuple[Path, Script]],
    out: Path,
    jobs: int | None,
    console: Console,
) -> list[Rehearsed]:
    done = []
    with Progress(
        TextColumn("calls"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        bar = progress.add_task("", total=len(scripts))
        for each in run_scripts(source, scripts, out, jobs):
            done.append(each)
            progress.advance(bar)
            _tell(each.outcome, console)
    return done


def _tell(outcome: Outcome, console: Console) -> None:
    verdict = "[green]passed[/]" if outcome.passed else "[red]FAILED[/]"
    lasted_s = outcome.report.lasted_ms / 1000
    console.print(
        f"{verdict}  {escape(outcome.flow)}: {escape(outcome.name)} [dim]{lasted_s:.0f} s[/]"
    )
    for failure in outcome.all_failures:
        where = "" if failure.at_ms is None else f" [dim]at {failure.at_ms / 1000:.1f} s[/]"
        console.print(f"        {escape(str(failure))}{where}")
