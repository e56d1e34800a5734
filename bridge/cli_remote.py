"""Commands for a service that runs somewhere: dial, drain."""

from typing import Annotated

import typer

from bridge.running import run
from bridge.service.dialling import dial as have_placed
from bridge.service.draining import drain as have_drained
from bridge.service.settings import Remote, load_remote


def dial(
    flow: Annotated[str, typer.Argument(help="Module name of the call flow.")],
    number: Annotated[str, typer.Argument(help="Whom to call, in international form.")],
    service: Annotated[
        str | None, typer.Option(help="Where the service is, if not at INTERLUDE_PUBLIC_URL.")
    ] = None,
) -> None:
    """Have a running service call somebody, and print the call's id.

    INTERLUDE_API_KEY must be the service's.
    """
    given = {"interlude_public_url": service} if service else {}
    run(_placed(load_remote(**given), flow, number))


async def _placed(remote: Remote, flow: str, number: str) -> None:
    typer.echo(await have_placed(remote, flow, number))


def drain(
    service: Annotated[
        str | None, typer.Option(help="Where the process is, if not on this machine: https://….")
    ] = None,
    *,
    port: Annotated[int, typer.Option(envvar="INTERLUDE_PORT", help="Of it, here.")] = 8080,
    wait: Annotated[bool, typer.Option("--wait", help="Until its last call has ended.")] = False,
) -> None:
    """Have a running process take no new calls, and end once the last of its calls has ended.

    INTERLUDE_API_KEY must be the service's. Behind INTERLUDE_PUBLIC_URL there may be several
    replicas, of which any would be meant: run this where the one runs that is to drain.
    """
    remote = load_remote(interlude_public_url=service or f"http://127.0.0.1:{port}")
    run(_drained(remote, wait=wait))


async def _drained(remote: Remote, *, wait: bool) -> None:
    await have_drained(
        remote, waits=wait, tell=lambda calls: typer.echo(f"{calls} calls in progress")
    )
