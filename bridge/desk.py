"""`interlude console`: the service and its console on this machine, without an account."""

import asyncio
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console

from bridge.lab.recogniser import EarsMissing, Recogniser
from bridge.lab.speech import Ears, Studio
from bridge.service.flows import Flows
from bridge.service.numbers.watching import watching
from bridge.service.parts import LINES, PROMPTS, VOICES
from bridge.service.rendering import kept_rendered
from bridge.trial import trial

_LAB = "the lab's, without an account: its model answers by rules"
_NO_EARS = (
    "It understands what you press and not what you say, unless in the voices of the lab: for "
    "that, pip install 'interlude[ears]'."
)


@dataclass(frozen=True)
class RealVoice:
    """A Voice Live that is not the lab's."""

    endpoint: str
    key: str | None = field(repr=False)
    """Without one, the identity of whoever runs this."""


async def open_desk(
    flows: Flows, numbers: Path | None, voice: RealVoice | None, port: int, console: Console
) -> None:
    """Serve the console and its softphone until interrupted; `OSError` where the port is taken.

    Nobody is asked who they are: only this machine reaches it.

    Args:
        flows: who answers.
        numbers: the operators' file.
        voice: what they speak by; the lab's own Voice Live, if not given.
        port: on 127.0.0.1; 0 for any that is free.
        console: where to tell where it is.
    """
    ears, warning = (None, "") if voice else _ears()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with _booth() as booth:
        async with trial(
            flows,
            studio=Studio(booth),
            ears=ears,
            port=port,
            interlude_auth="off",
            interlude_host="127.0.0.1",
            interlude_numbers=numbers,
            **_settings(voice),
        ) as stage:
            speech = voice.endpoint if voice else _LAB
            console.print(f"Console:    {stage.url}/console")
            console.print(f"Softphone:  {stage.url}/console/phone")
            console.print(f"Voice Live: {speech}")
            if warning:
                console.print(warning)
            lines = stage.app[LINES]
            async with (
                watching(lines),
                kept_rendered(stage.app[PROMPTS], lines, stage.app[VOICES]),
            ):
                await stop.wait()


def _settings(voice: RealVoice | None) -> dict[str, Any]:
    if voice is None:
        return {}
    return {"voicelive_endpoint": voice.endpoint, "voicelive_api_key": voice.key}


def _ears() -> tuple[Ears | None, str]:
    """Who understands people, if anybody is installed, and what to say otherwise."""
    try:
        return Recogniser(), ""
    except EarsMissing:
        return None, _NO_EARS


def _booth() -> ProcessPoolExecutor:
    """Another process to speak in: the calls would stand still meanwhile."""
    deaf = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(1, get_context("spawn"), signal.signal, deaf)
