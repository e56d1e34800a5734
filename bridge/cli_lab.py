"""The command line of the lab: Azure's two services, played on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bridge.running import run
from bridge.service.settings import SettingsError


@contextmanager
def lab_extra() -> Iterator[None]:
    """For imports of what only the extra `lab` brings.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"The lab needs {missing.name}: pip install 'interlude[lab]', or run make .venv."
        ) from missing


lab = typer.Typer(
    help="The lab: Azure's two services, played on this machine.", no_args_is_help=True
)


@lab.command()
def serve(
    env: Annotated[
        Path | None, typer.Option(help="File for what to set, to be sourced; else it is printed.")
    ] = None,
    ca: Annotated[Path, typer.Option(help="File for the certificate to trust.")] = Path(
        "lab-ca.pem"
    ),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65531, help="The first of five; 0 for any that are free.")
    ] = 8180,
    access_key: Annotated[
        str | None, typer.Option(help="ACS access key, base64; made if there is none.")
    ] = None,
    api_key: Annotated[str, typer.Option(help="Voice Live key.")] = "lab-key",
) -> None:
    """Play Azure for any bridge, sample or SDK client, until interrupted.

    Requests to LAB_URL place calls and direct them; docs/lab-server.md lists them.
    """
    with lab_extra():
        from bridge.lab.serve import Place, serve  # noqa: PLC0415 - needs the extra
    try:
        place = Place(host=host, port=port, access_key=access_key, api_key=api_key)
    except ValueError as problem:
        raise SettingsError(
            f"--host is an address in digits, --access-key is base64: {problem}."
        ) from None
    try:
        run(serve(place, ca, env, typer.echo))
    except OSError as problem:
        raise SettingsError(f"The lab cannot open: {problem}.") from problem


@lab.command(name="run")
def run_scripts(
    path: Annotated[Path, typer.Argument(help="A script, or a folder of scripts.")],
    *,
    flows: Annotated[
        str, typer.Option(envvar="INTERLUDE_FLOWS", help="Package or folder of call flows.")
    ] = "callflows",
    out: Annotated[Path, typer.Option(help="Folder for the pages, the sound and the figures.")] = (
        Path("out/lab")
    ),
    junit: Annotated[Path | None, typer.Option(help="File for JUnit's XML.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="Folder of an earlier run, to be compared with.")
    ] = None,
    only: Annotated[str, typer.Option(help="Only calls whose names contain this.")] = "",
    against: Annotated[
        str | None,
        typer.Option(help="Endpoint of a Voice Live to use in place of the lab's; in real time."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; one for each core, if not given.")
    ] = None,
) -> None:
    """Have scripted callers call the flows, and judge by what they hear.

    Exit status 1 if a call is not as its script expects. Time passes as fast as the machine can.
    """
    with lab_extra():
        from bridge.lab.recogniser import EarsMissing  # noqa: PLC0415 - needs the extra
        from bridge.lab.script import BadScript  # noqa: PLC0415 - needs the extra
        from bridge.rehearsal.running import rehearse  # noqa: PLC0415 - the same
    try:
        passed = rehearse(
            path, flows, out, junit=junit, before=before, only=only, jobs=jobs, against=against
        )
    except (BadScript, EarsMissing) as problem:
        raise SettingsError(str(problem)) from problem
    if not passed:
        raise typer.Exit(1)
