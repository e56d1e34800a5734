"""Asking the caller for digits, on behalf of a tool that runs meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.cover import Cover
from bridge.call.events import (
    CallerSaid,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    VoiceEvent,
)
from bridge.call.keypad import AwaitedKeys
from bridge.call.legs import PhoneError
from bridge.call.race import UNDECIDED, Undecided, race
from bridge.call.speaker import Speaker
from bridge.call.waits import Waits
from bridge.flow.digits import Entry, NoDigits, Secret

log = get_logger(__name__)

UNDERSTOOD_S = 5.0
"""What was not written down so long after it was spoken was noise, or will never be."""


class Asking:
    """One question at a time. Keys and speech never race: what begins first has the floor."""

    def __init__(
        self,
        one: OneCall,
        speaker: Speaker,
        waits: Waits,
        cover: Cover,
        *,
        hush: Callable[[], Awaitable[None]],
    ) -> None:
        self._phone = one.phone
        self._playout = one.playout
        self._uplink = one.uplink
        self._keys = one.keys
        self._speaker = speaker
        self._waits = waits
        self._cover = cover
        self._hush = hush
        """Cuts short what is being said."""
        self.answered: Callable[[], Awaitable[None]] | None = None
        """Goes on with the talk when nothing more is asked."""
        self._floor = asyncio.Lock()
        self._speech: asyncio.Queue[VoiceEvent] | None = None
        """What the service says of the caller's speech, where speech may answer."""
        self._was_talked_over = False
        """The caller has spoken while the question was being asked."""
        self._takes_response = False
        """The caller has answered in words, which the service is about to answer by itself."""

    @property
    def is_under_way(self) -> bool:
        """Whether a tool asks, and the agent is to be silent."""
        return self._floor.locked()

    @property
    def takes_speech(self) -> bool:
        """Whether what the caller says now is for a tool."""
        return self._speech is not None

    def progress(self, text: str) -> None:
        """A tool tells how far it is."""
        self._cover.progress(text)

    def saw(self, event: VoiceEvent) -> None:
        """Take note of the caller's speech."""
        if isinstance(event, CallerSaid) and not event.text:
            self._takes_response = False  # to noise, no response comes
        if self._speech is None:
            return
        if isinstance(event, SpeechStarted | SpeechStopped | CallerSaid):
            self._speech.put_nowait(event)
            self._takes_response |= isinstance(event, SpeechStarted)
            self._was_talked_over |= isinstance(event, SpeechStarted)

    def takes(self, response: ResponseStarted) -> bool:
        """Whether this is the service's answer to words that were a tool's; then it is not due."""
        taken = self._takes_response and response.request is None
        self._takes_response &= not taken
        return taken

    async def digits(self, entry: Entry) -> str | Secret:
        """Ask, and ask again; what was entered, or the caller's words.

        Raises:
            NoDigits: nothing came.
            PhoneError: the recording could not be paused for a secret, which is not asked for then.
        """
        try:
            return await self._answer_to(entry)
        finally:
            await self._ends()

    async def _answer_to(self, entry: Entry) -> str | Secret:
        async with self._floor:
            self._waits.pause()
            try:
                await self._watch_keys()
                if not entry.secret:
                    return (await self._asked(entry)).decode()
                await self._phone.pause_recording()
                try:
                    return Secret(await self._asked(entry))
                finally:
                    await self._record_on()
            finally:
                self._waits.go_on()

    async def _ends(self) -> None:
        if self.answered and not self.is_under_way:
            await self.answered()

    async def _record_on(self) -> None:
        try:
            await self._phone.resume_recording()
        except PhoneError as error:
            log.warning("recording.not_resumed", detail=str(error))

    async def _watch_keys(self) -> None:
        try:
            await self._phone.watch_keys()
        except PhoneError as error:
            log.warning("keys.not_watched", detail=str(error))  # the media tells of them, too

    async def _asked(self, entry: Entry) -> bytearray:
        for _ in range(1 + entry.retries):
            with ExitStack() as stack:
                keys = stack.enter_context(self._keys.awaited())
                if entry.speech:
                    self._speech = asyncio.Queue()
                    stack.callback(self._listen_no_more)
                else:
                    stack.enter_context(self._uplink.deaf())
                if answer := await self._answer(entry, keys):
                    return answer
        raise NoDigits

    def _listen_no_more(self) -> None:
        self._speech = None

    async def _answer(self, entry: Entry, keys: AwaitedKeys) -> bytearray:
        """One try; empty if nothing came."""
        prompt = _Prompt(entry.prompt)
        while begun := await race(
            self._key_comes(keys), self._word_comes(), self._nothing_comes(prompt, entry.total_ms)
        ):
            prompt.is_needed = False
            if begun == "key":
                await self._hush()
                return await _typed(entry, keys)
            if words := await self._words():
                return bytearray(words.encode())
            prompt = _Prompt(prompt.text)  # it was noise: what was not heard is said again
        return bytearray()

    async def _key_comes(self, keys: AwaitedKeys) -> str:
        await keys.first()
        return "key"

    async def _word_comes(self) -> str | Undecided:
        if self._speech is None:
            return UNDECIDED
        while not isinstance(await self._speech.get(), SpeechStarted):
            pass
        return "word"

    async def _nothing_comes(self, prompt: "_Prompt", total_ms: int) -> str:
        if prompt.text:
            self._was_talked_over = False
            await self._speaker.say(prompt.text, lambda: prompt.is_needed)
            await self._playout.drained()
            prompt.text = prompt.text if self._was_talked_over else None
        await asyncio.sleep(total_ms / 1000)
        return ""

    async def _words(self) -> str:
        """What the caller is saying, once it was understood; empty for noise."""
        patience_s: float | None = None
        with suppress(TimeoutError):
            while self._speech is not None:
                async with asyncio.timeout(patience_s):
                    event = await self._speech.get()
                if isinstance(event, CallerSaid):
                    return event.text
                patience_s = None if isinstance(event, SpeechStarted) else UNDERSTOOD_S
        return ""


@dataclass
class _Prompt:
    text: str | None
    """None once it was heard to its end."""
    is_needed: bool = True
    """The caller has not answered yet."""


async def _typed(entry: Entry, keys: AwaitedKeys) -> bytearray:
    """Digits as they are typed, until the entry is complete."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + entry.total_ms / 1000
    digits = bytearray()
    while len(digits) < entry.max_digits:
        left_s = ends_s - loop.time()
        key = await keys.next(min(left_s, entry.gap_ms / 1000) if digits else left_s)
        if key is None or key == entry.terminator:
            break
        if key == "*":
            digits.clear()
        elif key.isdigit():
            digits += key.encode()
    return digits
