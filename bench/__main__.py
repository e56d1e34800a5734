"""The command line of the measurements."""

import asyncio
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bench import barge as barges
from bench import calls as loads
from bench import figures, hearing, profiles, standings
from bench import most as searches
from bench import overload as rushes
from bench import soak as soaks
from bench.cli_deployed import deployed
from bench.programs import PROGRAMS
from bench.scenarios import SCENARIOS

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
console = Console(width=max(Console().width, 140))

_VERDICTS = {True: "carries", False: "does not carry", None: "was disturbed at"}

Names = Annotated[str, typer.Option(help="Separated by commas.")]
Out = Annotated[Path | None, typer.Option(help="A JSON file for all that was measured.")]
Picture = Annotated[Path | None, typer.Option(help="A PNG file; needs matplotlib.")]


def main(arguments: Sequence[str], name: str) -> None:
    """Run the command line as a part of another, under its name; raises SystemExit at the end."""
    app(args=list(arguments), prog_name=name)


@app.command()
def calls(
    *,
    calls: Annotated[str, typer.Option(help="At the same time; separated by commas.")] = "1,10,50",
    seconds: Annotated[float, typer.Option(help="Counted in each run.")] = 10,
    repeat: Annotated[int, typer.Option(help="Turns; the tables hold medians.")] = 3,
    scenario: Names = "matched,resampled",
    program: Names = "product,bare,typed",
    out: Out = None,
    picture: Picture = None,
) -> None:
    """CPU, latency and memory per call: the product beside relays that do next to nothing.

    Programs: product, bare (relay), unpaced (the same without a clock), typed (the SDK's models).
    """
    plan = loads.Plan(
        _chosen(scenario, SCENARIOS),
        _chosen(program, PROGRAMS),
        [int(number) for number in calls.split(",")],
        seconds,
        repeat,
    )
    done = []
    began = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=plan.size)
        for run in loads.runs(plan):
            done.append(run)
            progress.update(task, advance=1, description=f"{run.scenario} {run.calls}")
            if out:
                figures.write(done, out)
    figures.show(done, console)
    console.print(f"{len(done)} runs in {time.monotonic() - began:.0f} s")
    if picture:
        _with_the_lab("bench.pictures").draw_calls(done, picture)


@app.command()
def most(
    *,
    limit: Annotated[int, typer.Option(help="Of calls; no more are tried.")] = 240,
    seconds: Annotated[float, typer.Option(help="Counted in each window.")] = 3,
    minutes: Annotated[float, typer.Option(help="At most, for each scenario.")] = 6,
    scenario: Names = "matched,resampled,g711",
    program: Names = "product,bare,typed",
    out: Out = None,
) -> None:
    """The most calls that a core carries with less than 20 ms added to 99 of 100 frames.

    Found by bisection: calls that talk without a pause, two windows that agree.
    """
    names, programs = _chosen(scenario, SCENARIOS), _chosen(program, PROGRAMS)
    done = []
    began = time.monotonic()
    for name in names:
        found = {program: searches.Search(program, limit) for program in programs}
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("searching", total=None)
            for level in searches.tried(name, list(found.values()), seconds, minutes):
                done.append(level)
                verdict = _VERDICTS[level.carries]
                text = f"{name}: {level.program} {verdict} {level.calls}"
                progress.update(task, description=text)
                if out:
                    figures.write(done, out)
        standings.show(name, list(found.values()), console)
    standings.legend(console)
    console.print(f"{len(done)} numbers of calls in {time.monotonic() - began:.0f} s")


@app.command()
def barge(
    *,
    calls: Annotated[str, typer.Option(help="At the same time; separated by commas.")] = "50",
    seconds: Annotated[float, typer.Option(help="Counted in each run.")] = 20,
    repeat: Annotated[int, typer.Option(help="Turns; the table holds all of them.")] = 3,
    scenario: Names = "matched",
    out: Out = None,
) -> None:
    """Barge-in of the product: how soon the caller hears silence, and what the model is told.

    Callers interrupt every 3 s; in every second call, while a tool runs.
    """
    numbers = [int(number) for number in calls.split(",")]
    scenarios = _chosen(scenario, SCENARIOS)
    done = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=len(scenarios) * len(numbers) * repeat)
        for run in barges.runs(scenarios, numbers, seconds, repeat):
            done.append(run)
            progress.update(task, advance=1, description=f"{run.scenario} {run.calls}")
            if out:
                figures.write(done, out)
    figures.show_barges(done, console)


@app.command()
def overload(
    *,
    calls: Annotated[int, typer.Option(help="As many as fit; twice as many are offered.")] = 80,
    seconds: Annotated[float, typer.Option(help="Counted in each run.")] = 20,
    scenario: str = "resampled",
    out: Out = None,
) -> None:
    """Offer twice the calls that fit, with admission and without: who is taken, and their sound."""
    (name,) = _chosen(scenario, SCENARIOS)
    done = []
    try:
        for rush in rushes.rushes(name, calls, seconds):
            done.append(rush)
            if out:
                figures.write(done, out)
    except TimeoutError:
        console.print(f"A run was not over within {rushes.LIMIT_S:g} s: too many for this machine.")
    rushes.show(name, done, console)


@app.command()
def soak(
    *,
    calls: Annotated[int, typer.Option(help="At a time; half of what a process takes.")] = 40,
    minutes: float = 60,
    apart: Annotated[float, typer.Option(help="Seconds from one look to the next.")] = 5,
    scenario: str = "resampled",
    out: Out = None,
) -> None:
    """Have calls come and go, and see whether memory, tasks or descriptors grow; status 1 if so."""
    (name,) = _chosen(scenario, SCENARIOS)
    done = soaks.soak(name, calls, minutes, apart)
    soaks.show(done, console)
    if out:
        figures.write([done], out)
    raise typer.Exit(not done.is_flat)


app.command()(deployed)


@app.command()
def profile(
    *,
    calls: int = 20,
    seconds: float = 10,
    scenario: str = "matched",
    program: Names = "product,bare",
    rows: int = 30,
) -> None:
    """Where the processor time goes, by function, under cProfile (which slows all down)."""
    for name in _chosen(program, PROGRAMS):
        profiles.show(SCENARIOS[scenario], name, calls, seconds, rows, console)


@app.command()
def resample(
    *,
    out: Out = None,
    picture: Picture = None,
) -> None:
    """Resamplers: sound, delay and cost. `bench.resamplers` says how to install more of them."""
    verdicts = hearing.verdicts()
    figures.show_verdicts(verdicts, console)
    if out:
        figures.write(verdicts, out)
    if picture:
        _with_the_lab("bench.pictures").draw_sweeps(hearing.sweeps(*hearing.PAIRS[0]), picture)


@app.command()
def ears(
    *,
    voice: Annotated[str, typer.Option(help="british, american, joe, joe_higher.")] = "joe",
) -> None:
    """How much of what callers say the lab's recogniser understands. It needs make .venv-ears."""
    listeners = _with_the_lab("bench.ears")
    for name in _chosen(voice, listeners.VOICES):
        for condition in listeners.CONDITIONS:
            results = asyncio.run(listeners.understood(listeners.VOICES[name], condition))
            listeners.show(name, condition, results, console)


def _with_the_lab(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise typer.BadParameter(
            f"This needs {missing.name}: pip install 'interlude[lab]'"
        ) from missing


def _chosen(names: str, known: Any) -> list[str]:
    chosen = names.split(",")
    if unknown := [name for name in chosen if name not in known]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(known)}")
    return chosen


if __name__ == "__main__":
    app()
