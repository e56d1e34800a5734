"""The lab's life as a process: start, tell where it is, serve, stop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from bridge.lab.serve.environment import environment
from bridge.lab.serve.lab import Lab, Place, open_lab
from bridge.lab.speech import Studio

Tell = Callable[[str], None]
_WARNING = (
    "# WARNING: everybody who reaches {} can direct this lab, without a key: place calls to the "
    "webhook that was subscribed, and read what was said in them."
)


async def serve(place: Place, authority: Path, variables: Path | None, tell: Tell) -> None:
    """Serve until SIGTERM or SIGINT; whatever goes on then is cut off.

    `authority` gets the certificate to trust. `variables` gets what to set, and is there for as
    long as the lab is; without it, that is told. `OSError` where a port is taken, or a file cannot
    be written.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with _booth() as booth:
        async with open_lab(place, Studio(booth)) as lab:
            if not place.is_private:
                tell(_WARNING.format(place.host))
            with _announced(lab, authority, variables, tell):
                await stop.wait()


def _booth() -> ProcessPoolExecutor:
    """Return another process to speak in: the calls would stand still meanwhile."""
    deaf = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(1, get_context("spawn"), signal.signal, deaf)


@contextmanager
def _announced(lab: Lab, authority: Path, variables: Path | None, tell: Tell) -> Iterator[None]:
    authority.write_bytes(lab.authority_pem)
    to_set = environment(lab, authority.absolute())
    if variables is None:
        tell(to_set)
        yield
        return
    fresh = variables.with_name(f"{variables.name}.new")
    fresh.write_text(to_set)
    fresh.replace(variables)  # whoever waits for the file finds it whole
    try:
        tell(f"The lab is open: source {variables}")
        yield
    finally:
        variables.unlink(missing_ok=True)
