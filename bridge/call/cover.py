"""Filling waits from the bridge: a line, further steps, and what tools have to tell meanwhile."""

import asyncio
from collections.abc import Callable

from structlog import get_logger

from bridge.audio.music import Music
from bridge.call.common import OneCall
from bridge.call.ends import By, CallEnd
from bridge.call.parting import end_of
from bridge.call.race import race
from bridge.call.record import WaitEnd
from bridge.call.responses import Wanted, always
from bridge.call.speaker import Speaker
from bridge.call.waiting import Clock, Waiting
from bridge.call.waits import Waits
from bridge.flow.interim import LlmInterim, Play, Say, Step
from bridge.flow.outcomes import HangUp, Transfer

log = get_logger(__name__)

GAVE_UP = "the wait was given up"

_PUNCTUAL_S = 0.0005
"""Less than this is not worth waiting for."""


class Cover:
    """Fills the waits that the bridge is to fill.

    Of the clocks of a wait, the one that is due first brings a line, once. Steps count from the
    start of the wait. No line starts while the caller or anybody else speaks.
    """

    def __init__(self, one: OneCall, waits: Waits, speaker: Speaker) -> None:
        self._waits = waits
        self._playout = one.playout
        self._speaker = speaker
        self._parting = one.parting
        self._loop = asyncio.get_running_loop()
        self._progress: asyncio.Queue[str] = asyncio.Queue()
        self._floor = asyncio.Lock()
        """Held while a line waits for silence, until it is queued."""

    def progress(self, text: str) -> None:
        """A tool tells how far it is."""
        while not self._progress.empty():
            self._progress.get_nowait()  # overtaken by what comes now
        self._progress.put_nowait(text)

    async def tell(self, text: str, *, line: str = "") -> None:
        """Say something that has nothing to do with a wait, once nobody speaks.

        `line` is the same where the flow has it, for the log.
        """
        await self._say(text, always, line=line)

    async def run(self) -> CallEnd:
        """Fill one wait after the other; returns when one of them was given up."""
        try:
            return await race(self._fill_waits(), self._tell_progress())
        finally:
            self._waits.end(WaitEnd.ABANDONED)

    async def _fill_waits(self) -> CallEnd:
        while True:
            waiting = self._waits.current
            if waiting and waiting.by == "bridge" and (end := await self._fill(waiting)):
                self._waits.end(WaitEnd.GIVEN_UP)
                return end
            while self._waits.current is waiting:
                await self._waits.change()

    async def _tell_progress(self) -> CallEnd:
        while True:
            text = await self._progress.get()
            await self._say(text, lambda: self._waits.tools_at_work > 0 and self._progress.empty())

    async def _fill(self, waiting: Waiting) -> CallEnd | None:
        """One line, then the steps, each at its time; None if the wait was not given up."""

        def is_on() -> bool:
            return self._waits.current is waiting

        async def lasts(ms: int) -> bool:
            return await self._is_due(lambda: waiting.began_s + ms / 1000, is_on)

        if not await self._is_due(lambda: self._first_due_s(waiting), is_on):
            return None
        clock = waiting.next_due()
        await self._begin(clock, lambda: is_on() and not waiting.lines_s)
        for after_ms, step in clock.interim.ladder:
            if not await lasts(after_ms):
                return None
            if end := await self._take(step, waiting, is_on):
                return end
        return None

    def _first_due_s(self, waiting: Waiting) -> float:
        """Loop time at which the first line is due; what the model says by itself puts it off."""
        clock = waiting.next_due()
        quiet_at_s = self._playout.quiet_at_s
        if quiet_at_s <= waiting.began_s:
            return clock.due_s
        return max(clock.due_s, quiet_at_s + clock.threshold_ms / 1000)

    async def _is_due(self, due_s: Callable[[], float], wanted: Wanted) -> bool:
        """Wait for a time, which may change; False if the wait is over before."""
        while wanted():
            early_s = due_s() - self._loop.time()
            if early_s <= _PUNCTUAL_S:
                return True
            await self._waits.change(early_s)
        return False

    async def _begin(self, clock: Clock, wanted: Wanted) -> None:
        """The first line: made up by the model where that can be, else one of the texts."""
        if isinstance(clock.interim, LlmInterim):
            async with self._floor:
                if await self._is_quiet(wanted):
                    await self._speaker.improvise(clock.interim, wanted)
        if clock.text:
            await self._say(clock.text, wanted, line=clock.line)

    async def _take(self, step: Step, waiting: Waiting, is_on: Wanted) -> CallEnd | None:
        """Do one step; the end of the call, if it gave up."""
        match step:
            case Say(text=text):
                await self._say(text, is_on, line=text)
            case Play(file=file, times=times):
                if pcm := self._speaker.sound(file):
                    self._play(Music(pcm, self._playout.rate_hz, times), waiting)
            case HangUp() | Transfer():
                if waiting.music:
                    waiting.music.fade()
                if await self._parting.take(step, self._speaker.say) is None:
                    return end_of(step, By.BRIDGE, GAVE_UP)
                if waiting.music and is_on():
                    self._play(waiting.music, waiting)
        return None

    def _play(self, music: Music, waiting: Waiting) -> None:
        waiting.music = music
        if not self._waits.caller_speaks:
            waiting.sounds(self._loop.time())
            self._playout.play_under(music)

    async def _say(self, text: str, wanted: Wanted, *, line: str = "") -> None:
        """Say something once nobody speaks, unless it is not wanted any more by then.

        `line` is the same as the flow has it, for the log; what a tool makes up is in none.
        """
        async with self._floor:
            if await self._is_quiet(wanted):
                log.info("interim.spoken", line=line, text=text)
                if clip := await self._speaker.say(text, wanted):
                    self._waits.line_sounds(clip)

    async def _is_quiet(self, wanted: Wanted) -> bool:
        """Wait until nobody speaks; False if the line is not wanted any more before."""
        while wanted():
            left_s = self._playout.left_s
            is_taken = self._waits.caller_speaks or self._waits.is_paused
            if not is_taken and left_s <= _PUNCTUAL_S:
                return True
            await self._waits.change(None if is_taken else left_s)
        return False
