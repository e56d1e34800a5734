"""Who answers a call that the line placed: a person says hello and waits, a machine talks on."""

import asyncio
from contextlib import suppress

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.ends import By, CallEnd
from bridge.call.events import (
    CallerSaid,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    VoiceEvent,
)
from bridge.call.lasting import LastingVoice
from bridge.call.parting import end_of
from bridge.call.speaker import Speaker

log = get_logger(__name__)

HELLO_S = 3.0
"""A person who has said nothing for so long is greeted."""
MACHINE_S = 4.5
"""Whoever speaks for so long before the first pause is a machine; the half second in which the
service notices the pause is within. A guess: ACS does not tell machines from people."""
BEEP_S = 1.5
"""From the end of a machine's words to ours: its beep is in between."""


class Pickup:
    """Listens to the first words of whoever was called; the model does not answer them."""

    def __init__(self, one: OneCall, voice: LastingVoice, speaker: Speaker) -> None:
        self._one = one
        self._voice = voice
        self._speaker = speaker
        self._speaks = asyncio.Event()
        self._pauses = asyncio.Event()
        self._is_decided = not one.is_placed
        self._takes_response = False

    def saw(self, event: VoiceEvent) -> None:
        """Take note of the first words, and of where they end."""
        if isinstance(event, CallerSaid) and not event.text:
            self._takes_response = False  # to noise, no response comes
        if self._is_decided:
            return
        match event:
            case SpeechStarted():
                self._speaks.set()
                self._pauses.clear()
                self._takes_response = True
            case SpeechStopped():
                self._pauses.set()

    def takes(self, response: ResponseStarted) -> bool:
        """Whether this answers the first words, which are answered by the greeting."""
        taken = self._takes_response and response.request is None
        self._takes_response &= not taken
        return taken

    async def decided(self) -> CallEnd | None:
        """Wait until it is clear; the end of the call, if a machine has answered."""
        if self._is_decided:
            return None
        is_machine = await self._is_machine()
        if is_machine:
            log.info("machine.answered")
            await self._has_spoken()
        self._is_decided = True
        if not is_machine:
            return None
        machine = self._one.flow.machine
        await self._one.parting.take(machine, self._speaker.say)
        return end_of(machine, By.BRIDGE, "a machine answered")

    async def _is_machine(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(HELLO_S):
                await self._speaks.wait()
        if not self._speaks.is_set():
            return False
        while not self._pauses.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(MACHINE_S):
                    await self._pauses.wait()
            if not self._pauses.is_set() and not self._voice.is_down:
                return True
            await self._voice.up()  # which hears the words from their beginning
        return False

    async def _has_spoken(self) -> None:
        """Wait for the end of the machine's words, if it is to hear ours."""
        if not self._one.flow.machine.say:
            return
        while True:
            await self._pauses.wait()
            await asyncio.sleep(BEEP_S)
            if self._pauses.is_set():
                return
