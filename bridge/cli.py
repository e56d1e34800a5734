"""The command line: serve, doctor, render, check, call, console, replay, dial, drain, bench."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.cli_lab import lab, lab_extra
from bridge.cli_remote import dial, drain
from bridge.console.app import add_console
from bridge.doctor.examination import examine
from bridge.doctor.probe import probe_voices
from bridge.doctor.report import as_json, is_well, tell
from bridge.flow.errors import FlowError
from bridge.running import run as _run
from bridge.service.dialling import NotDialled
from bridge.service.draining import NotDrained
from bridge.service.flows import Flows, load_flows
from bridge.service.in_words import in_words
from bridge.service.ledger import LedgerError
from bridge.service.logs import configure_logs
from bridge.service.numbers.lines import Lines
from bridge.service.posting import PostError
from bridge.service.process import serve as serve_process
from bridge.service.prompts import PromptError, PromptStore
from bridge.service.recorded import BadFlight
from bridge.service.rendering import render_and_tell
from bridge.service.settings import (
    Settings,
    SettingsError,
    load_settings,
    read_settings,
)
from bridge.voicelive.connection import open_voices

app = typer.Typer(
    help="Interlude: the telephone line between a caller and Azure Voice Live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(lab, name="lab")
FlowsOption = Annotated[
    str, typer.Option("--flows", envvar="INTERLUDE_FLOWS", help="Package or folder of call flows.")
]


_PLAIN = (
    *(SettingsError, FlowError, PromptError, PostError, LedgerError),
    *(NotDialled, NotDrained),
)
"""What the user can mend."""


def main() -> None:
    """Run the command line; what the user can mend is said in plain words, with exit status 2."""
    try:
        app()
    except _PLAIN as error:
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(str(error))
        sys.exit(2)


@app.command()
def serve() -> None:
    """Answer calls. Settings come from the environment; the README lists them."""
    settings = load_settings()
    flows = load_flows(settings.interlude_flows)
    _refuse_agents_with_a_key(flows, settings.voicelive_api_key)
    configure_logs(shows_personal=settings.interlude_log_pii)
    _run(serve_process(settings, flows, (add_console,)))


@app.command()
def doctor(
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Ask Voice Live, and nobody else, what its documentation leaves open: in six "
            "sessions at most, with two short responses each, which are billed.",
        ),
    ] = False,
) -> None:
    """Say what is configured, without showing it, and whether it would work.

    Looks at settings, files, clock, DNS, TLS, keys, roles and doors, and says what mends each
    problem; the exit status is 1 if there is one. Run it where `serve` runs, and while it does. One
    session per model of the call flows is opened with Voice Live, without audio, and closed.
    """
    settings, wrong = read_settings()
    configure_logs()
    logging.disable()  # what goes wrong is a finding
    findings = probe_voices(settings) if probe else examine(settings, wrong)
    if json:
        typer.echo(as_json(findings))
    else:
        tell(findings, Console())
    raise typer.Exit(not is_well(findings))


@app.command()
def render() -> None:
    """Render what the flows say word for word, and keep it in INTERLUDE_PROMPTS.

    Settings are those of `serve`, which does the same in the background.
    """
    settings = load_settings()
    flows = load_flows(settings.interlude_flows)
    _refuse_agents_with_a_key(flows, settings.voicelive_api_key)
    flows = Lines(flows, settings.interlude_numbers).current
    configure_logs(json=False, level=logging.ERROR)  # the table says what became of each text
    _run(_render(settings, flows))


async def _render(settings: Settings, flows: Flows) -> None:
    async with open_voices(*settings.voicelive) as voices:
        store = PromptStore(settings.interlude_prompts)
        await render_and_tell(store, flows, voices, Console())


def _refuse_agents_with_a_key(flows: Flows, key: object) -> None:
    if key and (led := flows.led_by_agents):
        raise SettingsError(
            f"Unset VOICELIVE_API_KEY: {led[0]} is led by an agent, and agents need an identity."
        )


@app.command()
def check(
    flows: FlowsOption = "callflows",
    numbers: Annotated[
        Path | None, typer.Option(envvar="INTERLUDE_NUMBERS", help="The operators' file.")
    ] = None,
) -> None:
    """Load every call flow, show what it would do, and doubt lines that may mislead a caller.

    With an operators' file, each number is shown as it would be with that.
    """
    answering = Lines(load_flows(flows), numbers).current.by_number
    for number, (name, flow) in answering.items():
        typer.echo(f"{name}: {number}")
        for label, text in in_words(flow):
            typer.echo(f"  {label:9} {text}")


@app.command()
def call(
    flow: Annotated[str, typer.Argument(help="Module name of the call flow.")],
    say: Annotated[
        list[str] | None, typer.Option(help="A line of the caller; repeat for more.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the recording and its pictures.")] = Path(
        "out"
    ),
    flows: FlowsOption = "callflows",
) -> None:
    """Place a call to a flow, here and now: no account, no telephone, both clouds on loopback."""
    chosen = load_flows(flows).named(flow)
    with lab_extra():
        from bridge.demo import DEFAULT_LINES, place_call  # noqa: PLC0415 - needs the extra
    configure_logs(json=False, level=logging.WARNING)
    _run(place_call(flow, chosen, say or DEFAULT_LINES, out, Console()))


@app.command()
def console(
    flows: FlowsOption = "callflows",
    numbers: Annotated[
        Path | None, typer.Option(envvar="INTERLUDE_NUMBERS", help="The operators' file.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            envvar="VOICELIVE_ENDPOINT",
            help="Endpoint of a Voice Live to use in place of the lab's, by VOICELIVE_API_KEY or an"
            " identity.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 for any that is free.")
    ] = 8080,
) -> None:
    """Open the console on this machine, and talk to the flows from its softphone: no account."""
    chosen = load_flows(flows)
    with lab_extra():
        from bridge.desk import RealVoice, open_desk  # noqa: PLC0415 - needs the extra
    key = os.environ.get("VOICELIVE_API_KEY")
    voice = RealVoice(against, key) if against else None
    if voice:
        _refuse_agents_with_a_key(chosen, key)
    configure_logs(json=False, level=logging.WARNING)
    told = Console(highlight=False, soft_wrap=True, markup=False)
    try:
        _run(open_desk(chosen, numbers, voice, port, told))
    except OSError as problem:
        raise SettingsError(f"The console cannot open on port {port}: {problem}.") from problem


@app.command()
def replay(
    flight: Annotated[Path, typer.Argument(help="A recorded call, NAME.call.")],
    out: Annotated[Path, typer.Option(help="Folder for the call as it would be now.")] = Path(
        "out/replay"
    ),
    flows: FlowsOption = "callflows",
) -> None:
    """Run today's bridge and flow on what came into a recorded call: what does the caller hear now?

    Exit status 1 if not the same lines in the same order, 2 if the file cannot be played.
    """
    with lab_extra():
        from bridge.rehearsal.replay import replay as play_again  # noqa: PLC0415 - needs the extra
    try:
        is_same = play_again(flight, flows, out)
    except BadFlight as problem:
        raise SettingsError(str(problem)) from problem
    if not is_same:
        raise typer.Exit(1)


app.command()(dial)
app.command()(drain)


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],  # its commands have help of their own
    }
)
def bench(context: typer.Context) -> None:
    """Measure calls per core, barge-in and resamplers here, or a bridge that runs somewhere.

    `interlude bench --help` says how.
    """
    try:
        from bench.__main__ import main as measure  # noqa: PLC0415 - only in the source tree
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"Measuring needs {missing.name}: run make bench in a clone of the source."
        ) from missing
    measure(context.args, "interlude bench")
