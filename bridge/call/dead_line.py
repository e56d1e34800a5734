"""Never a dead line: what the caller hears while, and when, speech fails."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from structlog import get_logger

from bridge.audio.tones import information_tone
from bridge.call.common import OneCall
from bridge.call.ends import CallEnd, Then
from bridge.call.lasting import LastingVoice
from bridge.call.speaker import play_clip
from bridge.flow.outcomes import HangUp

log = get_logger(__name__)

SLOW_S = 2.5
"""A session that is not there so long after the media has opened is slow."""
AGAIN_S = 4.0
"""From the end of the words to the same words again."""
LOST_S = 0.5
"""The same after a loss: within a second, the caller hears a word."""


class DeadLine:
    """Speaks from clips alone, since nothing can be rendered."""

    def __init__(self, one: OneCall) -> None:
        self._one = one
        self._flow = one.flow
        self._playout = one.playout
        self._parting = one.parting

    async def cover(self, voice: LastingVoice) -> CallEnd:
        """Ask the caller to wait whenever there is no session, and none comes at once."""
        patience_s = SLOW_S
        while True:
            await voice.down()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s if self._is_early(voice) else 0):
                    await voice.up()
            while voice.is_down:
                await self._parting.connected()
                await asyncio.sleep(self._playout.left_s)
                if voice.is_down and not self._playout.left_s:
                    voice.was_missed = True
                    await self._say(self._flow.fallback.meanwhile)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._playout.left_s + AGAIN_S):
                            await voice.up()
            patience_s = LOST_S

    def _is_early(self, voice: LastingVoice) -> bool:
        """Whether the caller has not waited yet; for a frozen service, they may have."""
        waits = self._one.transcript.caller_waits or self._one.uplink.is_pending
        return not (waits and voice.was_frozen)

    async def take(self, end: CallEnd) -> CallEnd:
        """Apologise, and do what the flow falls back to; the end keeps whose fault it was."""
        fallback = self._flow.fallback
        log.info("fallback.taken", by=end.by, reason=end.reason)
        self._parting.aside = self._parting.failed = None  # the talk is over
        problem = await self._parting.take(replace(fallback.then, say=fallback.say), self._say)
        if problem is None and not isinstance(fallback.then, HangUp):
            return replace(end, then=Then.NOTHING)
        return end

    async def _say(self, text: str) -> None:
        """A clip, or the tone that exchanges play before a call fails."""
        clip = self._one.prompts.clip(self._flow, text)
        if clip is None:
            log.warning("fallback.not_rendered")
            text, clip = "", information_tone(self._playout.rate_hz)
        play_clip(self._one, text, clip)
