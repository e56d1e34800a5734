"""The command line: serve, check, call."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bridge.flow.callflow import Callflow
from bridge.flow.errors import FlowError
from bridge.service.flows import Flows, load_flows
from bridge.service.logs import configure_logs
from bridge.service.process import serve as serve_process
from bridge.service.settings import Settings, SettingsError, load_settings

app = typer.Typer(
    help="Interlude: the telephone line between a caller and Azure Voice Live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
FlowsOption = Annotated[
    str, typer.Option("--flows", envvar="INTERLUDE_FLOWS", help="Package or folder of call flows.")
]


def main() -> None:
    """Run the command line; what the user can mend is said in plain words, with exit status 2."""
    try:
        app()
    except (SettingsError, FlowError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(str(error))
        sys.exit(2)


@app.command()
def serve() -> None:
    """Answer calls. Settings come from the environment; the README lists them."""
    settings = load_settings()
    flows = load_flows(settings.interlude_flows)
    _refuse_agents_with_a_key(flows, settings)
    configure_logs()
    _run(serve_process(settings, flows))


def _refuse_agents_with_a_key(flows: Flows, settings: Settings) -> None:
    led = [name for name, flow in flows.by_name.items() if flow.agent]
    if led and settings.voicelive_api_key:
        raise SettingsError(
            f"Unset VOICELIVE_API_KEY: {led[0]} is led by an agent, and agents need an identity."
        )


@app.command()
def check(flows: FlowsOption = "callflows") -> None:
    """Load every call flow and show what it would do."""
    table = Table("flow", "number", "led by", "voice", "interim response", "tools")
    for name, flow in load_flows(flows).by_name.items():
        table.add_row(
            name,
            flow.number,
            f"agent {flow.agent.name}" if flow.agent else f"{flow.model} ({flow.pipeline})",
            flow.voice or "the model's own",
            _interim_in_words(flow),
            ", ".join(flow.tools) or "-",
        )
    Console().print(table)


def _interim_in_words(flow: Callflow) -> str:
    if not flow.interim:
        return "-"
    kind = type(flow.interim).__name__
    triggers = " or ".join(flow.interim.triggers)
    return f"{kind} on {triggers}, after {flow.interim.latency_threshold_ms} ms"


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
    try:
        from bridge.demo import DEFAULT_LINES, place_call  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"The lab needs {missing.name}: pip install 'interlude[lab]', or run make .venv."
        ) from missing
    _run(place_call(flow, chosen, say or DEFAULT_LINES, out, Console()))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop, where there is one: about a quarter less CPU than asyncio's own loop."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ModuleNotFoundError:
        asyncio.run(work)
    else:
        uvloop.run(work)
