"""When prompts are rendered: on the operator's word, and in the background of the service."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from bridge.call.legs import LegError, VoiceLost, VoiceRefused, VoiceService
from bridge.flow.callflow import Callflow
from bridge.flow.prompts import fixed_texts
from bridge.service.flows import Flows
from bridge.service.numbers.lines import Lines
from bridge.service.prompts import PromptError, PromptStore
from bridge.service.reading import why_not_read

log = get_logger(__name__)

Named = Iterable[tuple[str, Callflow]]
"""Flows, each with its name."""


async def render_and_tell(
    store: PromptStore, flows: Flows, voices: VoiceService, console: Console
) -> None:
    """Render what is missing, flow by flow, and print what became of it.

    Raises:
        PromptError: the folder cannot be written, or a text was not rendered that should have been;
            all the others were.
    """
    table = Table("flow", "texts", "rendered", "already there", "skipped, and why")
    failures = []
    for name, flow in flows.all:
        texts = fixed_texts(flow)
        with bound_contextvars(flow=name):
            outcomes = await _outcomes(store, flow, voices)
        skipped = Counter(why for why in outcomes.values() if why)
        table.add_row(
            name,
            str(len(texts)),
            str(len(outcomes) - skipped.total()),
            str(len(texts) - len(outcomes)),
            Text("\n".join(f"{times}: {why}" for why, times in skipped.items()) or "-"),
        )
        if not why_not_read(flow):
            failures += [f"{name}: {why}" for why in skipped]
    console.print(table)
    if failures:
        raise PromptError("\n".join(failures))


async def _outcomes(
    store: PromptStore, flow: Callflow, voices: VoiceService
) -> dict[str, str | None]:
    """What became of each missing text, where the session may fail, too."""
    missing = await asyncio.to_thread(store.missing, flow)
    try:
        return await store.outcomes(flow, voices)
    except LegError as error:
        why = in_words(error)
        left = await asyncio.to_thread(store.missing, flow)
        return {text: why if text in left else None for text in missing}


def in_words(error: LegError) -> str:
    """Why nothing could be rendered, as operators are told it."""
    match error:
        case VoiceRefused():
            return f"Voice Live refused the session: {error}"
        case VoiceLost():
            return f"Voice Live ended the session: {error}"
    return f"Voice Live cannot be reached: {error}"


@asynccontextmanager
async def kept_rendered(
    store: PromptStore, lines: Lines, voices: VoiceService
) -> AsyncIterator[None]:
    """Render in the background what the versions say that answer, whenever one is new."""
    task = asyncio.create_task(_keep_rendered(store, lines, voices))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _keep_rendered(store: PromptStore, lines: Lines, voices: VoiceService) -> None:
    while True:
        renewed = lines.renewed
        store.forget_sounds()
        tried = lines.trial.version.flows.all if lines.trial else []
        async with rendering(store, [*lines.current.all, *tried], voices):
            await renewed.wait()


@asynccontextmanager
async def rendering(
    store: PromptStore, flows: Named, voices: VoiceService
) -> AsyncIterator[asyncio.Task[None]]:
    """Render what is missing in the background; leaving ends it. Its failures are only logged."""
    task = asyncio.create_task(_render_all(store, flows, voices))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()):
            log.error("prompts.failed", exc_info=error)


async def _render_all(store: PromptStore, flows: Named, voices: VoiceService) -> None:
    for name, flow in flows:
        with bound_contextvars(flow=name):
            try:
                rendered = await store.render(flow, voices)
            except (LegError, PromptError) as error:
                why = in_words(error) if isinstance(error, LegError) else str(error)
                log.warning("prompts.failed", why=why)
            else:
                if rendered:
                    log.info("prompts.rendered", texts=rendered)
