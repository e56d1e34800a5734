"""Watching for waits: when the caller begins to wait, for what, and when it is over."""

import asyncio
import math
import random
from collections.abc import Mapping
from contextlib import suppress

from pydantic import BaseModel

from bridge.call.common import OneCall
from bridge.call.history import EARLIEST_MS, Key
from bridge.call.legs import VoiceLeg
from bridge.call.record import WaitEnd
from bridge.call.speaker import WORD_MS, Speaker
from bridge.call.timeline import Kind
from bridge.call.waiting import Clock, Waiting
from bridge.flow.callflow import Callflow
from bridge.flow.delivery import Delivered, by_bridge
from bridge.flow.interim import Interim, Trigger
from bridge.flow.tool import Tool

_MADE_UP_MS = 8 * WORD_MS
"""Length of a line that a model makes up; a guess."""


class Waits:
    """At most one wait at a time, and the clocks of its triggers.

    The `latency` clock starts when the caller stops speaking, the `tool` clock when a tool is
    called. A wait ends with the answer, or with the last of its clocks.
    """

    def __init__(self, one: OneCall, voice: VoiceLeg, speaker: Speaker) -> None:
        self._flow = one.flow
        self._delivered = _delivered(one.flow, voice)
        self._playout = one.playout
        self._speaker = speaker
        self._history = one.history
        self._record = one.record
        self._timeline = one.timeline
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self.current: Waiting | None = None
        self.caller_speaks = False
        self.spoken_s = self._loop.time()
        """Loop time at which the caller had spoken."""
        self.began_s = self.spoken_s
        """Loop time at which the caller began to speak."""
        self._at_work: list[tuple[Tool, BaseModel]] = []
        self.is_paused = False
        """A tool has asked the caller for something: the agent is the one who waits."""

    @property
    def tools_at_work(self) -> int:
        """Runs of tools under way."""
        return len(self._at_work)

    def caller_starts(self) -> None:
        """The caller speaks: an answer to what was said before is moot."""
        self.caller_speaks, self.began_s = True, self._loop.time()
        self._timeline.caller_starts()
        self._tell()
        if self.current:
            self.current.caller_spoke = True
        self._stop(Trigger.LATENCY)

    def caller_stops(self) -> None:
        """The caller has spoken, and waits for an answer."""
        self.caller_speaks, self.spoken_s = False, self._loop.time()
        self._timeline.caller_stops()
        if self.current and self.current.music:
            self._playout.play_under(self.current.music)
        if self._flow.interim:
            self._start(Trigger.LATENCY, self._flow.interim)
        self._tell()

    def nothing_was_said(self) -> None:
        """What sounded like the caller was noise: no answer will come."""
        self._timeline.nothing_was_said()
        self._stop(Trigger.LATENCY)

    def tool_starts(self, tool: Tool, arguments: BaseModel) -> None:
        """A tool runs, and the caller waits for it."""
        self._at_work.append((tool, arguments))
        if tool.interim:
            self._start(Trigger.TOOL, tool.interim, tool, arguments)
        if self.current:
            self.current.tools.add(tool.name)

    def tool_ends(self, tool: Tool, arguments: BaseModel, *, cancelled: bool) -> None:
        """A tool does not run any more; one that the caller cancelled is not waited for, either."""
        self._at_work.remove((tool, arguments))
        if cancelled and not self._at_work:
            self._stop(Trigger.TOOL)

    def pause(self) -> None:
        """A tool asks the caller for something: nothing is waited for but the caller."""
        self.is_paused = True
        self.end(WaitEnd.ASKED)
        self._timeline.asks()

    def go_on(self) -> None:
        """The caller has answered, and waits again for the tools at work."""
        self.is_paused = False
        self._timeline.asked()
        for tool, arguments in self._at_work:
            if tool.interim:
                self._start(Trigger.TOOL, tool.interim, tool, arguments)
        self._tell()

    def line_sounds(self, item_id: str) -> None:
        """Sound of a line of ours arrives."""
        if self.current:
            self.current.line_sounds(item_id, self._loop.time())

    def agent_sounds(self, item_id: str) -> bool:
        """Sound of the agent arrives; whether it is the answer, and no line of the service's own.

        The service does not say which. What begins while a tool is at work is a line, unless the
        caller has spoken since.
        """
        waiting = self.current
        if waiting and (
            item_id in waiting.lines_s
            or (waiting.by == "service" and self.tools_at_work and not waiting.caller_spoke)
        ):
            waiting.line_sounds(item_id, self._loop.time())
            return False
        self.end(WaitEnd.ANSWERED)
        return True

    def end(self, end: WaitEnd) -> None:
        """The wait is over, if there is one."""
        if self.current:
            self._stop(*Trigger, end=end)

    async def change(self, at_most_s: float | None = None) -> None:
        """Wait until something has changed, or so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._changed.wait()

    def _tell(self) -> None:
        """Wake all that wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _start(
        self,
        trigger: Trigger,
        interim: Interim,
        tool: Tool | None = None,
        arguments: BaseModel | None = None,
    ) -> None:
        """A clock starts, if it is not running already."""
        by = self._delivered[trigger].by if trigger in interim.triggers else "nobody"
        if by == "nobody" or self.is_paused:
            return
        now = self._loop.time()
        if not self.current:
            self.current = Waiting(now, trigger, by, self._playout.heard_ms)
            self._timeline.begin(Kind.WAIT)
        if trigger not in self.current.clocks:
            line = random.choice(interim.texts or ("",))  # noqa: S311 - a line to say
            text = tool.line(line, arguments) if tool and arguments else line
            line_ms = self._speaker.lasts_ms(text) or _MADE_UP_MS
            key = (self._flow.number, tool.name if tool else "")
            threshold_ms = self._threshold_ms(interim, key, line_ms)
            clock = Clock(now, interim, key, text, line, line_ms, threshold_ms)
            self.current.clocks[trigger] = clock
        self._tell()

    def _threshold_ms(self, interim: Interim, key: Key, line_ms: float) -> int:
        """When the first line is due; a step after it finds it spoken."""
        if interim.latency_threshold_ms != "adaptive":
            return interim.latency_threshold_ms
        latest_ms = min((after_ms for after_ms, _ in interim.ladder), default=math.inf) - line_ms
        return round(min(self._history.threshold_ms(key, line_ms), max(EARLIEST_MS, latest_ms)))

    def _stop(self, *triggers: Trigger, end: WaitEnd = WaitEnd.SPOKEN_OVER) -> None:
        """Clocks stop; the wait is over with the last."""
        waiting, now = self.current, self._loop.time()
        if not waiting:
            return
        if left := {t: clock for t, clock in waiting.clocks.items() if t not in triggers}:
            waiting.clocks = left
        else:
            self.current = None
            if waiting.music:
                waiting.music.fade()
            if end in (WaitEnd.ANSWERED, WaitEnd.GIVEN_UP):
                waiting.note(self._history, now)
            left_ms = self._playout.left_s * 1000
            heard_ms = self._playout.heard_ms
            figures = waiting.figures(end, now, heard_ms=heard_ms, left_ms=left_ms)
            self._record.waits.append(figures)
            self._timeline.end(Kind.WAIT, outcome=end, wait=figures)
        self._tell()


def _delivered(flow: Callflow, voice: VoiceLeg) -> Mapping[Trigger, Delivered]:
    """Who covers waits in this call: the bridge, too, where the service has refused to."""
    if flow.interim and voice.interim == "refused":
        return by_bridge(flow.interim, flow.pipeline, "Voice Live refused")
    return flow.deliveries
