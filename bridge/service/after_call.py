"""What follows a call: functions of its flow, and a post to the operator's own server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson
from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.record import UNKNOWN, Record
from bridge.flow.call import Call
from bridge.flow.ended import Ended, OnEnd, masked_lines
from bridge.service.flows import Flows
from bridge.service.posting import PostBox

log = get_logger(__name__)

HOOK_S = 30
"""What a function of a flow may take before it is cancelled."""

SETTLE_S = 5
"""How long the process, once it has no more calls, waits for what follows the last of them."""


class AfterCalls:
    """Works on calls that have ended, in the background: no hang-up waits for it.

    What fails costs no call, and nothing else that follows one.
    """

    def __init__(self, flows: Callable[[], Flows], box: PostBox | None) -> None:
        self._flows = flows
        self._box = box
        self._running: set[asyncio.Task[None]] = set()

    def ended(self, call: Call, record: Record, one: OneCall | None) -> None:
        """Begin what follows a call; the functions of its flow run beside each other.

        Its flow is the one that served it; of a call without media, that of the number.
        """
        flow = one.flow if one else self._flows().answering(call.dialled)
        hooks = flow.ended_hooks if flow else []
        if not hooks and not self._box:
            return
        ended = _ended(call, record, one)
        if self._box:
            name = record.flow if record.flow != UNKNOWN else None
            self._box.put(call.id, _payload(name, ended))
        for hook in hooks:
            task = asyncio.create_task(_run(hook, ended))
            self._running.add(task)
            task.add_done_callback(partial(self._done, call.id, hook))

    async def settle(self) -> None:
        """Wait until nothing is left to do, for 5 s at most: posts then stay in their folder."""
        try:
            async with asyncio.timeout(SETTLE_S):
                if self._running:
                    await asyncio.wait(self._running)
                if self._box:
                    await self._box.settled()
        except TimeoutError:
            log.warning("after_calls.cut_short", hooks=len(self._running))
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _done(self, call_id: str, hook: OnEnd, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        told = log.bind(call_id=call_id, hook=getattr(hook, "__name__", type(hook).__name__))
        if task.cancelled():
            told.warning("hook.cancelled")
        elif error := task.exception():
            told.error("hook.failed", exc_info=error)


@asynccontextmanager
async def after_calls(flows: Callable[[], Flows], box: PostBox | None) -> AsyncIterator[AfterCalls]:
    """Work on calls that end meanwhile, and deliver posts; leaving settles what is left."""
    after = AfterCalls(flows, box)
    delivering = asyncio.create_task(box.run()) if box else None
    if delivering:
        delivering.add_done_callback(_tell_if_failed)
    try:
        yield after
        await after.settle()
    finally:
        if delivering:
            delivering.cancel()
            await asyncio.wait({delivering})


def _tell_if_failed(delivering: asyncio.Task[None]) -> None:
    if not delivering.cancelled() and (error := delivering.exception()):
        log.error("posts.stopped", exc_info=error)


async def _run(hook: OnEnd, ended: Ended) -> None:
    async with asyncio.timeout(HOOK_S):
        await hook(ended)


def _ended(call: Call, record: Record, one: OneCall | None) -> Ended:
    figures: dict[str, Any] = orjson.loads(orjson.dumps(record))  # with enums as plain text
    return Ended(
        call,
        by=figures["end"]["by"],
        reason=figures["end"]["reason"],
        lasted_s=record.lasted_ms / 1000,
        said=tuple(one.transcript.said()) if one else (),
        figures=figures,
    )


def _payload(flow: str | None, ended: Ended) -> dict[str, Any]:
    call = ended.call
    return {
        "type": "call.ended",
        "call": {
            "id": call.id,
            "correlation_id": call.correlation_id,
            "flow": flow,
            "caller": call.caller,
            "dialled": call.dialled,
        },
        "by": ended.by,
        "reason": ended.reason,
        "lasted_s": ended.lasted_s,
        "said": [asdict(said) for said in masked_lines(ended.said)],
        "figures": ended.figures,
    }
