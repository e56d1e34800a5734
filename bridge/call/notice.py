"""A call that is answered only to say something: closed, not served, or out of order."""

import asyncio

from structlog import get_logger

from bridge.audio.resample import Resampler
from bridge.audio.tones import beep
from bridge.call.common import OneCall
from bridge.call.ends import By, CallEnd, Reason
from bridge.call.events import AgentAudio, ResponseEnded, VoiceRenewed
from bridge.call.keypad import Keys
from bridge.call.lasting import LastingVoice
from bridge.call.legs import PhoneError, VoiceLost, VoiceService
from bridge.call.parting import end_of
from bridge.call.speaker import play_clip
from bridge.flow.outcomes import HangUp, Transfer, Voicemail

log = get_logger(__name__)

_SPOKEN_S = 15.0
"""So long the service may take to speak a notice, which comes faster than it is heard."""


class Notice:
    """Says it from a clip, or through the speech service; then does what it announces."""

    def __init__(self, one: OneCall, voices: VoiceService) -> None:
        self._one = one
        self._voices = voices

    async def give(self, outcome: HangUp | Transfer | Voicemail, detail: str) -> CallEnd:
        """Serve the call; `detail` is why, for the log.

        Raises:
            VoiceUnreachable, VoiceRefused, VoiceLost: it was not rendered, and cannot be spoken.
        """
        log.info("notice.given", why=detail)
        if isinstance(outcome, Voicemail):
            return await self._take_message(outcome, detail)
        if await self._one.parting.take(outcome, self._say):
            return CallEnd(By.BRIDGE, Reason.HUNG_UP, detail=detail)
        return end_of(outcome, By.BRIDGE, detail)

    async def _take_message(self, voicemail: Voicemail, detail: str) -> CallEnd:
        await self._say(voicemail.say)
        await self._one.playout.drained()
        try:
            await self._one.phone.start_recording()
        except PhoneError as error:
            log.warning("recording.not_started", detail=str(error))
        await self._say_sound(beep(self._one.playout.rate_hz))
        await self._message_ends(self._one.keys, voicemail.longest_s)
        return CallEnd(By.BRIDGE, Reason.HUNG_UP, detail=detail)

    async def _message_ends(self, keys: Keys, longest_s: float) -> None:
        with keys.awaited() as awaited:
            ends_s = asyncio.get_running_loop().time() + longest_s
            while await awaited.next(ends_s - asyncio.get_running_loop().time()) not in ("#", None):
                pass

    async def _say(self, text: str) -> None:
        clip = self._one.prompts.clip(self._one.flow, text)
        if clip:
            play_clip(self._one, text, clip)
        else:
            await self._have_said(text)

    async def _say_sound(self, pcm: bytes) -> None:
        play_clip(self._one, "", pcm)
        await self._one.playout.drained()

    async def _have_said(self, text: str) -> None:
        one = self._one
        async with LastingVoice(self._voices, one.flow, one.transcript, one.record) as voice:
            try:
                async with asyncio.timeout(_SPOKEN_S):
                    await self._speak(voice, text)
            except TimeoutError as error:
                raise VoiceLost("the notice was not spoken") from error

    async def _speak(self, voice: LastingVoice, text: str) -> None:
        playout = self._one.playout
        convert = Resampler(voice.output_rate_hz, playout.rate_hz)
        await voice.say(text)
        async for event in voice.events():
            match event:
                case AgentAudio(item_id=item_id, pcm=pcm):
                    playout.add(item_id, convert(pcm))
                case VoiceRenewed():
                    await voice.say(text)
                case ResponseEnded():
                    break
        playout.add("notice", convert.flush())
        playout.finish("notice")
