"""The command for a bridge that runs somewhere."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.carrying import Bridge, NotCarried
from bench.deployed import Carried, ramp
from bench.deployed_figures import show
from bench.figures import write
from bench.relay import new_loop
from bench.site import NoCertificate, Site, address_toward, authority_file, make_site


def deployed(
    url: Annotated[
        str, typer.Argument(envvar="INTERLUDE_PUBLIC_URL", help="Of the bridge, or of its proxy.")
    ],
    *,
    calls: Annotated[str, typer.Option(help="At the same time; separated by commas.")] = "1,10,50",
    seconds: Annotated[float, typer.Option(help="Counted in each step.")] = 10,
    number: Annotated[str, typer.Option(help="That the bridge answers.")] = "+18005550100",
    at: Annotated[
        str | None,
        typer.Option(
            help="Name or address by which the bridge reaches this machine; without, that of the "
            "network which leads to the bridge."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="Here, and the next: both are to be reached.")
    ] = 8180,
    replica: Annotated[
        list[str] | None,
        typer.Option(help="Where the /metrics of a replica are; repeat for each. Else at URL."),
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds for the bridge to be ready.")] = 60,
    out: Annotated[Path | None, typer.Option(help="A JSON file for all that was measured.")] = None,
) -> None:
    """Calls, latency and barge-in of a bridge that runs somewhere; status 1 if a call failed.

    Both of Azure's services are played here. The bridge is to be started with the settings that
    are shown when it does not come here; EVENTGRID_KEY and INTERLUDE_READ_KEY are its own.
    """
    bridge = Bridge(
        url=url.rstrip("/"),
        number=number,
        eventgrid_key=os.environ.get("EVENTGRID_KEY", ""),
        read_key=os.environ.get("INTERLUDE_READ_KEY", ""),
        replicas=[each.rstrip("/") for each in replica or []],
    )
    try:
        site = make_site(at or address_toward(bridge.url), port, Path())
    except (NoCertificate, OSError) as problem:
        raise typer.BadParameter(str(problem)) from problem
    done: list[Carried] = []
    told: list[str] = []

    def tell(trouble: str) -> None:
        if trouble not in told:
            typer.echo(trouble, err=True)
        if not told:
            typer.echo(f"{_settings(site)}\nTrying for {wait:g} s.", err=True)
        told.append(trouble)

    async def measured() -> None:
        numbers = [int(each) for each in calls.split(",")]
        async with aclosing(ramp(bridge, site, numbers, seconds, wait, tell)) as steps:
            async for step in steps:
                typer.echo(f"{step.calls} of {step.offered} calls", err=True)
                done.append(step)

    failed = True
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(measured())
        failed = not all(step.is_good for step in done)
    except NotCarried as problem:
        if str(problem) not in told:
            typer.echo(str(problem), err=True)
    except OSError as problem:
        typer.echo(f"{problem}. --port is the first of two that are free.", err=True)
    if done:
        show(bridge.url, done, Console(width=max(Console().width, 120)))
    if out:
        write(done, out)
    raise typer.Exit(failed)


def _settings(site: Site) -> str:
    """What the bridge needs, as a file for its environment."""
    lines = ["The bridge is to be started with"]
    lines += [f"{name}={value}" for name, value in site.settings.items()]
    if site.tls:
        lines.append(f"SSL_CERT_FILE=/PATH/{authority_file(site.at)}")
        lines.append(f"and {authority_file(site.at)}, which is in this folder, at that path.")
    return "\n".join(lines)
