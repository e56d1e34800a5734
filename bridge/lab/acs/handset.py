"""A telephone in somebody's hand: what a person does with it, and what came out of it."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

from bridge.audio.pcm import SAMPLE_BYTES, samples_in
from bridge.audio.resample import Resampler
from bridge.lab.acs.behaviours import Voicemail
from bridge.lab.acs.circuit import Circuit, Person
from bridge.lab.acs.dtmf import sines
from bridge.lab.acs.keys import Keys
from bridge.lab.speech import Ears, Heard, Mouth, Studio

_LOOKS_MS = (300, 1000)
"""Silence of the agent after which a person considers what was said, and considers it again:
the voices of the lab end in half a second that is hardly audible."""
_REACH_MS = 100
"""How far a person listens back into the end of the line that was heard last."""
_KEY_S = 0.5
"""From one key to the next; observed on real calls: at least this."""
_BEEP_HZ = 1_000
_BEEP_MS = 500
_BEEP_DBFS = -12
"""Of a voice mail."""


class CallRefused(Exception):
    """The call was over before there was any sound; `reason` is why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DidNotHear(AssertionError):
    """A line was not heard to its end in time; the message says what was heard instead."""


class LineDead(Exception):
    """The call ended before the person had finished speaking."""


@dataclass(frozen=True)
class Line:
    """What somebody said, and when."""

    text: str
    start_ms: float
    end_ms: float


class Handset(ABC):
    """One person's side of a call; every verb waits until there is sound.

    All times are milliseconds of the recording, which begins at that moment.
    """

    def __init__(self, circuit: Circuit, keys: Keys, studio: Studio, mouth: Mouth) -> None:
        self.mouth = circuit.mouth
        """What was said into it; PCM16 at `rate_hz`, as long as `ear`."""
        self.ear = circuit.ear
        """What came out of it."""
        self.said: list[Line] = []
        self.voice = mouth
        """What this person speaks with; may be changed."""
        self.ears: Ears = studio
        """What this person understands the others by; may be changed."""
        self._circuit = circuit
        self._keys = keys
        self._studio = studio
        self._listened_ms = 0.0

    @property
    def rate_hz(self) -> int:
        """Sample rate, as the answer asked."""
        return self._circuit.rate_hz

    @property
    def opened_s(self) -> float:
        """Time of the event loop at which the recording began."""
        return self._circuit.opened_s

    @property
    def line_ms(self) -> float:
        """Now."""
        return self._circuit.ms

    @property
    def is_on_hold(self) -> bool:
        """Whether the bridge has put this person on hold."""
        return self._circuit.on_hold

    def heard(self) -> list[Heard]:
        """Return every line of the lab that this person heard, whole or in part."""
        return self._studio.hear(bytes(self._circuit.ear), self.rate_hz)

    async def answered(self) -> None:
        """Wait until there is sound; `CallRefused` if the call ends before."""
        if not await self._circuit.begins():
            raise CallRefused(self._reason())
        await asyncio.sleep(0)  # whoever acts at a moment acts once the line has reached it

    @abstractmethod
    def picks_up(self) -> None:
        """Answer a telephone that rings."""

    @abstractmethod
    async def hangs_up(self) -> None:
        """Put the receiver down."""

    async def says(self, text: str) -> None:
        """Speak, until the last sample was sent; `LineDead` if the call ends before."""
        await self.answered()
        pcm = await self._studio.speak_at(self.rate_hz, text, self.voice)
        start_ms, end_ms = self._circuit.say(pcm)
        self.said.append(Line(text, start_ms, end_ms))
        await self._until_said(end_ms)

    async def plays(self, pcm: bytes, rate_hz: int) -> None:
        """Send any sound, until its last sample was sent; `LineDead` if the call ends before."""
        await self.answered()
        resampler = Resampler(rate_hz, self.rate_hz)
        _, end_ms = self._circuit.say(resampler(pcm) + resampler.flush())
        await self._until_said(end_ms)

    async def presses(self, keys: str) -> None:
        """Press keys, half a second apart."""
        await self.answered()
        for key in keys:
            await self._keys.press(self._circuit, key)
            await asyncio.sleep(_KEY_S)

    def is_held_by(self, person: Person) -> None:
        """Be in the hand of somebody real, who is heard in place of what this person says."""
        self._circuit.person = person

    async def waits(self, seconds: float) -> None:
        """Do nothing."""
        await asyncio.sleep(seconds)

    async def hears(self, *texts: str, within_s: float = 15) -> float:
        """Wait for a line that contains one of `texts`; returns when it ended, in milliseconds.

        Listens to what came after the line that was heard last. `DidNotHear` if it does not come.
        """
        await self.answered()
        circuit = self._circuit
        deadline_ms = circuit.ms + within_s * 1000
        considered_ms = self._listened_ms

        def has_something_new() -> bool:
            due = (circuit.loud_until_ms + look_ms for look_ms in _LOOKS_MS)
            return circuit.ms >= deadline_ms or (
                circuit.loud_until_ms > self._listened_ms
                and any(considered_ms < due_ms <= circuit.ms for due_ms in due)
            )

        while True:
            await circuit.until(has_something_new)
            considered_ms = circuit.ms
            start_ms = max(0, self._listened_ms - _REACH_MS)
            lines = await self._lines_since(start_ms)
            for line in lines:
                if line.complete and any(line.has(text) for text in texts):
                    self._listened_ms = start_ms + line.end_ms
                    return self._listened_ms
            if circuit.dead or circuit.ms >= deadline_ms:
                instead = [line.text for line in lines] or "nothing"
                raise DidNotHear(
                    f"{' or '.join(map(repr, texts))} within {within_s} s; heard instead: {instead}"
                )

    async def hears_a_sound(self, *, within_s: float = 15) -> None:
        """Wait until somebody else is heard from now on; `DidNotHear` if nobody is."""
        await self.answered()
        circuit, began_ms = self._circuit, self._circuit.ms
        deadline_ms = began_ms + within_s * 1000
        await circuit.until(lambda: circuit.loud_until_ms > began_ms or circuit.ms >= deadline_ms)
        if circuit.loud_until_ms <= began_ms:
            raise DidNotHear(f"anybody within {within_s} s; heard nothing")

    async def pauses(self, ms: float = 700) -> None:
        """Wait until nobody else has spoken for so long, or the call is over."""
        await self.answered()
        circuit = self._circuit
        await circuit.until(lambda: circuit.ms - circuit.loud_until_ms >= ms)

    async def notices(self) -> None:
        """Wait until somebody else is heard, or the call is over."""
        await self.answered()
        circuit, since_ms = self._circuit, self._circuit.ms
        await circuit.until(lambda: circuit.loud_until_ms > since_ms)

    async def greets(self, machine: Voicemail) -> None:
        """Be an answering machine: speak, beep, and then record, whatever becomes of the call."""
        with contextlib.suppress(CallRefused, LineDead):
            await self.says(machine.greeting)
            if machine.beeps:
                beep = sines((_BEEP_HZ,), _BEEP_MS, self.rate_hz, level_dbfs=_BEEP_DBFS)
                await self.plays(beep, self.rate_hz)

    @abstractmethod
    def _reason(self) -> str:
        """Why there will be no sound."""

    async def _until_said(self, end_ms: float) -> None:
        if not await self._circuit.reaches(end_ms):
            raise LineDead(f"at {self.line_ms:.0f} ms, still speaking")

    async def _lines_since(self, start_ms: float) -> list[Heard]:
        start = samples_in(start_ms, self.rate_hz) * SAMPLE_BYTES
        ear = bytes(self._circuit.ear[start:])
        return await self.ears.recognise(ear, self.rate_hz)
