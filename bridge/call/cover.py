"""Interim responses that the bridge delivers: lines and steps while the caller waits."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from structlog import get_logger

from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError, PhoneLeg
from bridge.call.playout import Playout
from bridge.call.record import Record, Wait
from bridge.call.speaker import Speaker
from bridge.flow.delivery import Delivered
from bridge.flow.interim import LlmInterim, Say, StaticInterim, Step, Trigger
from bridge.flow.outcomes import HangUp, Transfer

log = get_logger(__name__)

WASTED_MS = 300
"""A line was wasted if the answer came so soon after it began."""

GAVE_UP = "the wait was given up"

_PUNCTUAL_S = 0.0005
"""Less than this is not worth waiting for."""


@dataclass
class _Waiting:
    """A wait under way."""

    began_s: float
    clocks: dict[Trigger, float] = field(default_factory=dict)
    """The triggers that hold, by the loop time since when."""
    lines_s: list[float] = field(default_factory=list)
    """Loop times at which lines began."""


class Cover:
    """Watches for waits and fills them.

    The `latency` clock starts when the caller stops speaking, the `tool` clock when a tool is
    called; whichever is due first speaks, once. Steps count from the start of the wait. Nothing
    starts while the caller speaks or other sound plays, and an answer ends the wait.
    """

    def __init__(
        self,
        interim: StaticInterim | LlmInterim | None,
        delivered: Mapping[Trigger, Delivered],
        *,
        phone: PhoneLeg,
        playout: Playout,
        speaker: Speaker,
        record: Record,
    ) -> None:
        self._interim = interim
        self._triggers = {t for t, deliverer in delivered.items() if deliverer.by == "bridge"}
        self._phone = phone
        self._playout = playout
        self._speaker = speaker
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._waiting: _Waiting | None = None
        self._caller_speaks = False
        self._changed = asyncio.Event()

    def caller_starts(self) -> None:
        """The caller speaks: nothing may start, and an answer to what was said before is moot."""
        self._caller_speaks = True
        self._stop(Trigger.LATENCY)

    def caller_stops(self) -> None:
        """The caller has spoken, and waits for an answer."""
        self._caller_speaks = False
        self._start(Trigger.LATENCY)

    def nothing_was_said(self) -> None:
        """What sounded like the caller was noise: no answer will come."""
        self._stop(Trigger.LATENCY)

    def tool_called(self) -> None:
        """A tool runs, and the caller waits for it."""
        self._start(Trigger.TOOL)

    def answered(self) -> None:
        """The agent speaks: the wait is over."""
        self._stop(*Trigger)

    async def run(self) -> CallEnd:
        """Fill one wait after the other; returns when one of them was given up."""
        while True:
            waiting = self._waiting
            if waiting and self._interim and (end := await self._fill(waiting, self._interim)):
                return end
            while self._waiting is waiting:
                await self._change()

    def _start(self, trigger: Trigger) -> None:
        if trigger in self._triggers:
            now = self._loop.time()
            self._waiting = self._waiting or _Waiting(now)
            self._waiting.clocks.setdefault(trigger, now)
        self._changed.set()

    def _stop(self, *triggers: Trigger) -> None:
        if not (waiting := self._waiting):
            return
        self._changed.set()
        for trigger in triggers:
            waiting.clocks.pop(trigger, None)
        if not waiting.clocks:
            self._waiting = None
            self._record.waits.append(self._figures(waiting))

    async def _fill(self, waiting: _Waiting, interim: StaticInterim | LlmInterim) -> CallEnd | None:
        """One line, then the steps, each at its time; None if the wait was not given up."""
        first = Say(random.choice(interim.texts), interim.latency_threshold_ms)  # noqa: S311 - a line to say
        for step in (first, *interim.then):
            if not await self._is_due(waiting, step, of_clock=step is first):
                break
            match step:
                case Say(text=text):
                    waiting.lines_s.append(self._loop.time())
                    log.info("interim.spoken", text=text)  # the author's words, nobody's secret
                    await self._speaker.say(text)
                case HangUp(say=say):
                    await self._announce(say)
                    return CallEnd(By.BRIDGE, Reason.HUNG_UP, detail=GAVE_UP)
                case Transfer(to=to, say=say):
                    await self._announce(say)
                    if await self._is_transferred(to):
                        return CallEnd(By.BRIDGE, Reason.TRANSFERRED, Then.NOTHING, GAVE_UP)
        return None

    async def _is_due(self, waiting: _Waiting, step: Step, *, of_clock: bool) -> bool:
        """Wait for a step's time and for silence to put it in; False if the wait is over first."""
        while self._waiting is waiting:
            began_s = min(waiting.clocks.values()) if of_clock else waiting.began_s
            early_s = began_s + (step.after_ms or 0) / 1000 - self._loop.time()
            if not self._caller_speaks:
                early_s = max(early_s, self._playout.left_s)
                if early_s <= _PUNCTUAL_S:
                    return True
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._caller_speaks else early_s):
                    await self._change()
        return False

    async def _change(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _announce(self, say: str | None) -> None:
        if say:
            await self._speaker.say(say)
        await self._playout.drained()

    async def _is_transferred(self, to: str) -> bool:
        try:
            problem = await self._phone.transfer(to)
        except PhoneError as error:
            problem = str(error)
        if problem:
            log.warning("cover.transfer_failed", detail=problem)
        return problem is None

    def _figures(self, waiting: _Waiting) -> Wait:
        now, lines_s = self._loop.time(), waiting.lines_s
        first_s = lines_s[0] if lines_s else now
        return Wait(
            lasted_ms=round((now - waiting.began_s) * 1000),
            dead_air_ms=round((first_s - waiting.began_s) * 1000),
            lines=len(lines_s),
            wasted=bool(lines_s) and (now - lines_s[-1]) * 1000 < WASTED_MS,
        )
