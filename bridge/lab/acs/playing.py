"""Prompts: files and texts that the service plays at the bridge's request, and tones."""

import asyncio
import re
import wave
from collections.abc import Coroutine, Sequence

import aiohttp

from bridge.audio.pcm import silence
from bridge.lab.acs import dtmf, shapes
from bridge.lab.acs.announcing import Announcement
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.conference import Conference
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.roster import Roster
from bridge.lab.acs.shapes import Json
from bridge.lab.speech import Studio, agent_mouth
from bridge.lab.wave_file import mono

_CANCELLED = shapes.result(400, 8508, "Action falied, the operation was cancelled.")
"""The spelling is the service's own."""
_KEYS = {word: key for key, word in dtmf.WORDS.items()} | {key: key for key in "abcd"}
_GAP_MS = 100
"""Between two tones; not documented."""


class Unplayable(Exception):
    """A source that cannot be played; it is the one with this index."""

    def __init__(self, index: int, sub_code: int, message: str) -> None:
        super().__init__(message)
        self.told = {"failedPlaySourceIndex": index, **shapes.result(400, sub_code, message)}


class Player:
    """Plays one prompt after the other; whoever is played to alone is alone meanwhile."""

    def __init__(
        self, connection: Connection, conference: Conference, roster: Roster, studio: Studio
    ) -> None:
        self._connection = connection
        self._conference = conference
        self._roster = roster
        self._studio = studio
        self._turn = asyncio.Lock()
        self._running: dict[asyncio.Task[None], tuple[str, Json]] = {}
        self.excludes = False
        """Something runs beside which only prompts to all may run, and recognition."""
        self._held: list[Circuit] = []

    def start(self, name: str, work: Coroutine[None, None, None], request: Json) -> None:
        """Run an operation that can be cancelled; `name` is that of its events."""
        task = self._connection.errand(work)
        self._running[task] = name, request
        task.add_done_callback(lambda done: self._running.pop(done, None))

    def play(self, request: Json, to: Sequence[Circuit]) -> None:
        """Play to all, or to some."""
        self.start("Play", self._play(request, to), request)

    def send(self, request: Json, to: Circuit) -> None:
        """Sound tones to somebody."""
        self._connection.errand(self._send(request, to))

    def cancel(self) -> None:
        """Cancel what runs or waits, and say so; tones are not cancelled."""
        for task, (name, request) in list(self._running.items()):
            task.cancel()
            self._connection.post(f"{name}Canceled", _CANCELLED, request)
        self._release()

    async def prompt(
        self, sources: Sequence[Json], to: Sequence[Circuit], over: asyncio.Event
    ) -> None:
        """Play sources once it is their turn, until `over`; `Unplayable` if they cannot be."""
        async with self._turn:
            sound = await self._sound(sources)
            await self._announce(Announcement(sound, to, over))

    async def _play(self, request: Json, to: Sequence[Circuit]) -> None:
        loops = bool(request.get("playOptions", {}).get("loop"))
        async with self._turn:
            try:
                sound = await self._sound(request["playSources"])
            except Unplayable as problem:
                self._connection.post("PlayFailed", problem.told, request)
                return
            self._seclude(to)
            self._connection.post("PlayStarted", _done(), request)
            await self._announce(Announcement(sound, to, asyncio.Event(), loops=loops))
            self._release()
        self._connection.post("PlayCompleted", _done(), request)

    async def _send(self, request: Json, to: Circuit) -> None:
        rate_hz = self._conference.rate_hz
        gap = silence(_GAP_MS, rate_hz)
        sound = b"".join(dtmf.sound(_KEYS[word], rate_hz) + gap for word in request["tones"])
        self._seclude([to])
        await self._announce(Announcement(sound, [to], asyncio.Event()))
        self._release()
        done = {"resultInformation": shapes.OK}
        self._connection.post("SendDtmfTonesCompleted", done, request)

    def _seclude(self, to: Sequence[Circuit]) -> None:
        """Put all on hold whom it is not for, as recorded."""
        self.excludes = bool(to)
        for circuit in self._conference.people if to else ():
            if circuit not in to and not circuit.on_hold:
                self._roster.hold(circuit, {})
                self._held.append(circuit)

    def _release(self) -> None:
        """Take them back."""
        self.excludes = False
        while self._held:
            self._roster.unhold(self._held.pop())

    async def _announce(self, announcement: Announcement) -> None:
        self._conference.announcements.append(announcement)
        try:
            await announcement.over.wait()
        finally:
            self._conference.announcements.remove(announcement)

    async def _sound(self, sources: Sequence[Json]) -> bytes:
        rate_hz = self._conference.rate_hz
        sounds = []
        for index, source in enumerate(sources):
            if source["kind"] == "file":
                sounds.append(await self._downloaded(source["file"]["uri"], index, rate_hz))
            else:
                sounds.append(await self._spoken(source, rate_hz))
        return b"".join(sounds)

    async def _downloaded(self, uri: str, index: int, rate_hz: int) -> bytes:
        try:
            async with self._connection.session.get(uri, raise_for_status=True) as response:
                return await asyncio.to_thread(mono, await response.read(), rate_hz)
        except (aiohttp.ClientError, TimeoutError) as problem:
            message = "Action failed, file could not be downloaded."
            raise Unplayable(index, 8536, message) from problem
        except (wave.Error, EOFError) as problem:
            raise Unplayable(index, 8535, "Action failed, file format is invalid.") from problem

    async def _spoken(self, source: Json, rate_hz: int) -> bytes:
        told = source[source["kind"]]
        text = told.get("text") or re.sub(r"<[^>]*>", " ", told.get("ssmlText", ""))
        language = told.get("voiceName") or told.get("sourceLocale") or "en-US"
        line = " ".join(text.split())
        return await self._studio.speak_at(rate_hz, line, agent_mouth(language))


def is_tone(word: object) -> bool:
    """Whether a word names a tone."""
    return word in _KEYS


def _done() -> Json:
    return {"resultInformation": shapes.DONE}
