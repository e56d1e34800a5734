"""Many scripted calls, side by side: one process for each core."""

import asyncio
import logging
import multiprocessing
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.lab.clock import VirtualTimeLoop
from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_call_page
from bridge.lab.script import Script
from bridge.rehearsal.run import run_script
from bridge.rehearsal.stage import Against
from bridge.service.flows import Flows, load_flows
from bridge.service.logs import configure_logs


@dataclass(frozen=True)
class Rehearsed:
    """A script, where it is, and what came of it."""

    file: Path
    script: Script
    outcome: Outcome


@dataclass(frozen=True)
class _Here:
    """What a process keeps for all of its calls."""

    flows: Flows
    prompts: Path
    out: Path


_here: _Here


def run_scripts(
    source: str, scripts: Iterable[tuple[Path, Script]], out: Path, jobs: int | None = None
) -> Iterator[Rehearsed]:
    """Run all, `jobs` at a time, on a clock that waits for nothing; each as it is done.

    Args:
        source: the package or folder of the call flows.
        scripts: each with its file.
        out: the folder in which each leaves its page, its sound and its figures.
        jobs: processes; without, one for each core.

    Raises:
        FlowError, BadScript: a script does not fit its flow.
    """
    todo = list(scripts)
    jobs = min(jobs or os.cpu_count() or 1, len(todo)) or 1
    with (
        TemporaryDirectory() as prompts,
        ProcessPoolExecutor(
            jobs, multiprocessing.get_context("spawn"), _begin, (source, Path(prompts), out)
        ) as pool,
    ):
        running = {pool.submit(_run, file, script): (file, script) for file, script in todo}
        try:
            for done in as_completed(running):
                yield Rehearsed(*running[done], done.result())
        finally:
            pool.shutdown(cancel_futures=True)


async def run_against(
    against: Against, source: str, scripts: Iterable[tuple[Path, Script]], out: Path
) -> AsyncIterator[Rehearsed]:
    """Run all, one after the other and in real time, with a Voice Live that is not the lab's.

    Raises:
        FlowError, BadScript: a script does not fit its flow.
    """
    flows = load_flows(source)
    with TemporaryDirectory() as prompts:
        for file, script in scripts:
            outcome = await run_script(flows, script, file.parent, Path(prompts), against=against)
            outcome.write(out)
            write_call_page(outcome, out)
            yield Rehearsed(file, script, outcome)


def _begin(source: str, prompts: Path, out: Path) -> None:
    """Begin a process. Its prompts are its own: ears know only what this process has spoken."""
    global _here  # noqa: PLW0603 - of this process
    configure_logs(json=False)
    logging.disable()  # what went wrong in a call is in its report
    _here = _Here(load_flows(source), prompts / str(os.getpid()), out)


def _run(file: Path, script: Script) -> Outcome:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        outcome = runner.run(run_script(_here.flows, script, file.parent, _here.prompts))
    outcome.write(_here.out)
    write_call_page(outcome, _here.out)
    return outcome
