"""The first words of a call, from clips where there are any, and the recording after them."""

import asyncio

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.ends import CallEnd
from bridge.call.legs import PhoneError
from bridge.call.race import UNDECIDED, Undecided
from bridge.call.speaker import play_clip

log = get_logger(__name__)


class Opening:
    """Consent, then the greeting. Clips are heard at once; nobody waits for the speech service."""

    def __init__(self, one: OneCall) -> None:
        flow = one.flow
        self._one = one
        self.consent = flow.recording.consent if flow.recording else None
        self.unsaid = [text for text in (self.consent, flow.greeting) if text]
        """What is left for the speech service to say."""
        self._consenting, self._consented = asyncio.Event(), asyncio.Event()
        self._consented_s = 0.0
        """How long it then takes until the caller has heard a consent that was rendered."""

    def play(self) -> None:
        """Queue the clips there are, as far as none is missing."""
        flow, prompts = self._one.flow, self._one.prompts
        while self.unsaid and (clip := prompts.clip(flow, self.unsaid[0])):
            text = self.unsaid.pop(0)
            play_clip(self._one, text, clip, "line" if text == self.consent else "agent")
            if text == self.consent:
                self._consented_s = self._one.playout.left_s
                self.consent_begins()
                self.consent_heard()
            else:
                log.info("greeting.played")

    def consent_begins(self) -> None:
        """It is about to be said."""
        self._consenting.set()

    def consent_heard(self) -> None:
        """It was said, and but for what is still queued of it, the caller has heard it."""
        self._consented.set()

    async def record(self) -> CallEnd | Undecided:
        """Begin to record when the caller has consented by staying on the line."""
        if self._one.flow.recording is None:
            return UNDECIDED
        if self.consent:
            await self._consenting.wait()
            with self._one.uplink.deaf():  # who talks over it would not have heard it
                await self._consented.wait()
                await asyncio.sleep(self._consented_s)
        try:
            await self._one.phone.start_recording()
        except PhoneError as error:
            log.warning("recording.not_started", detail=str(error))
        return UNDECIDED
