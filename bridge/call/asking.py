"""Asking the caller for digits, on behalf of a tool that runs meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from structlog import get_logger

from bridge.call.common import OneCall
from bridge.call.cover import Cover
from bridge.call.events import (
    CallerSaid,
    ResponseStarted,
    SpeechStarted,
    VoiceEvent,
)
from bridge.call.keypad import AwaitedKeys
from bridge.call.legs import PhoneError
from bridge.call.race import never, race
from bridge.call.speaker import Speaker
from bridge.call.waits import Waits
from bridge.flow.digits import Entry, NoDigits, Secret

log = get_logger(__name__)


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
        self._floor = asyncio.Lock()
        self._speech: asyncio.Queue[SpeechStarted | CallerSaid] | None = None
        """What the service says of the caller's speech, where speech may answer."""
        self._takes_response = False
        """The caller has answered in words, which the service is about to answer by itself."""

    @property
    def takes_speech(self) -> bool:
        """Whether what the caller says now is for a tool."""
        return self._speech is not None

    def progress(self, text: str) -> None:
        """A tool tells how far it is."""
        self._cover.progress(text)

    def saw(self, event: VoiceEvent) -> None:
        """Take note of the caller's speech."""
        if self._speech is not None and isinstance(event, SpeechStarted | CallerSaid):
            self._speech.put_nowait(event)
            self._takes_response = event != CallerSaid("")

    def takes(self, response: ResponseStarted) -> bool:
        """Whether this is the service's answer to words that were a tool's; then it is not due."""
        taken = self._takes_response and response.request is None
        self._takes_response &= not taken
        return taken

    async def digits(self, entry: Entry) -> str | Secret:
        """Ask, and ask again; what was entered, or the caller's words.

        Raises:
            NoDigits: nothing came.
        """
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
                    await self._phone.resume_recording()
            finally:
                self._waits.go_on()

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
        prompt = entry.prompt
        while begun := await race(
            self._key_comes(keys), self._word_comes(), self._nothing_comes(prompt, entry.total_ms)
        ):
            if begun == "key":
                await self._hush()
                return await _typed(entry, keys)
            if words := await self._words():
                return bytearray(words.encode())
            prompt = None  # it was noise
        return bytearray()

    async def _key_comes(self, keys: AwaitedKeys) -> str:
        await keys.first()
        return "key"

    async def _word_comes(self) -> str:
        if self._speech is None:
            return await never()
        while not isinstance(await self._speech.get(), SpeechStarted):
            pass
        return "word"

    async def _nothing_comes(self, prompt: str | None, total_ms: int) -> str:
        if prompt:
            await self._speaker.say(prompt)
            await self._playout.drained()
        await asyncio.sleep(total_ms / 1000)
        return ""

    async def _words(self) -> str:
        """What the caller is saying, once it was understood; empty for noise."""
        while self._speech is not None:
            match await self._speech.get():
                case CallerSaid(text):
                    return text
        return ""


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
