"""Nobody speaks: whose turn is it, and since when?"""

import asyncio

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.ends import By, CallEnd
from bridge.call.gate import Gate
from bridge.call.parting import end_of
from bridge.call.race import UNDECIDED, Undecided, race
from bridge.call.speaker import Speaker
from bridge.call.waits import Waits

log = get_logger(__name__)

PATIENCE_S = 5.0
"""So long a caller may wait for an answer without a sound that the flow provides for."""
AGAIN_S = 10.0
"""The same for hearing the same words again."""
_LOOK_S = 0.5
"""How often it is looked whether whoever is busy still is."""


class Quiet:
    """Speaks to a caller who is silent, and to one whose answer does not come.

    Silence counts from when the caller has heard the last word, has spoken, or has pressed a key;
    while anybody speaks, a tool is at work, music plays or a transfer rings, there is none.
    """

    def __init__(self, one: OneCall, gate: Gate, waits: Waits, speaker: Speaker) -> None:
        self._silence = one.flow.silence
        self._fallback = one.flow.fallback
        self._playout = one.playout
        self._transcript = one.transcript
        self._record = one.record
        self._gate = gate
        self._waits = waits
        self._keys = one.keys
        self._speaker = speaker
        self._parting = one.parting
        self._loop = asyncio.get_running_loop()
        self._busy_s = self._loop.time()
        """Loop time at which somebody was last seen to be busy."""

    async def run(self) -> CallEnd:
        """Watch over both sides until the line gives up a silent caller, or one who never stops."""
        return await race(self._watch_caller(), self._watch_agent(), self._watch_machine())

    def is_pause(self) -> bool:
        """Whether nobody has anything to say just now."""
        return not self._is_busy and not self._transcript.caller_waits and not self._waits.current

    @property
    def _is_busy(self) -> bool:
        return bool(
            self._waits.caller_speaks
            or self._waits.tools_at_work
            or self._gate.is_busy
            or self._parting.under_way
            or self._playout.sounds
        )

    def _quiet_since(self) -> float:
        """Loop time since which nothing has happened on the line; now, if something does."""
        if self._is_busy:
            self._busy_s = self._loop.time()
        return max(
            self._busy_s, self._playout.quiet_at_s, self._waits.spoken_s, self._keys.pressed_s
        )

    async def _lasts(self, seconds: float) -> None:
        """Wait for so long a silence."""
        early_s = seconds
        while early_s > 0:
            await asyncio.sleep(min(early_s, _LOOK_S) if self._is_busy else early_s)
            early_s = self._quiet_since() + seconds - self._loop.time()

    async def _watch_caller(self) -> CallEnd | Undecided:
        silence = self._silence
        if silence is None:
            return UNDECIDED
        spoken_s, said = 0.0, 0
        while True:
            await self._lasts(silence.after_ms / 1000)
            if self._transcript.caller_waits:
                await asyncio.sleep(_LOOK_S)  # it is the agent's turn
                continue
            if (last_s := max(self._waits.spoken_s, self._keys.pressed_s)) > spoken_s:
                spoken_s, said = last_s, 0
            if said == len(silence.reprompts):
                log.info("caller.silent")
                if await self._parting.take(silence.then, self._speaker.say) is None:
                    return end_of(silence.then, By.BRIDGE, "the caller was silent")
                said = 0
            else:
                self._record.reprompts += 1
                await self._speaker.say(
                    silence.reprompts[said], lambda: not self._waits.caller_speaks
                )
                said += 1

    async def _watch_agent(self) -> CallEnd:
        """An answer that does not come, and that nothing covers, is apologised for."""
        told_s = 0.0
        while True:
            has_told = told_s > self._waits.spoken_s
            await self._answer_fails(AGAIN_S if has_told else PATIENCE_S)
            told_s = self._loop.time()
            await self._speaker.say(self._fallback.meanwhile, lambda: self._is_awaited)

    @property
    def _is_awaited(self) -> bool:
        """Whether the caller waits for the agent, and the flow does not fill the wait itself."""
        waiting = self._waits.current
        return (
            self._transcript.caller_waits
            and not self._waits.caller_speaks
            and not self._parting.under_way
            and not self._waits.tools_at_work
            and not (waiting and waiting.by == "bridge")
        )

    async def _answer_fails(self, patience_s: float) -> None:
        """Wait until the caller has waited for so long without hearing anything."""
        seen_s = self._loop.time()
        while True:
            if not self._is_awaited:
                seen_s = self._loop.time()
            since = max(self._playout.quiet_at_s, self._waits.spoken_s, seen_s)
            early_s = since + patience_s - self._loop.time()
            if early_s <= 0:
                return
            await asyncio.sleep(min(early_s, _LOOK_S))

    async def _watch_machine(self) -> CallEnd | Undecided:
        """Whoever never stops talking is no caller."""
        silence = self._silence
        if silence is None:
            return UNDECIDED
        given_up_s = -1.0
        while True:
            begun_s = self._waits.began_s
            if not self._waits.caller_speaks or begun_s == given_up_s:
                await self._waits.change()
                continue
            limit_s = begun_s + silence.longest_speech_ms / 1000
            await self._waits.change(limit_s - self._loop.time())
            is_on = self._waits.caller_speaks and self._waits.began_s == begun_s
            if is_on and self._loop.time() >= limit_s:
                log.info("caller.never_stops")
                given_up_s = begun_s
                if await self._parting.take(silence.then, self._speaker.say) is None:
                    return end_of(silence.then, By.BRIDGE, "whoever called never stopped")
