"""The caller's telephone: what a person does with it, and what came out of it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bridge.audio.pcm import SAMPLE_BYTES, samples_in
from bridge.audio.resample import Resampler
from bridge.lab.acs.ends import CALLER_GAVE_UP, CALLER_HUNG_UP, LineEnd
from bridge.lab.acs.leg import Leg
from bridge.lab.speech import RATE_HZ, Heard, Studio, caller_mouth

_LOOKS_MS = (300, 1000)
"""Silence of the agent after which the caller considers what was said, and considers it again:
the voices of the lab end in half a second that is hardly audible."""
_REACH_MS = 100
"""How far a caller listens back into the end of the line that was heard last."""
_KEY_S = 0.5
"""From one key to the next; observed on real calls: at least this."""


class CallRefused(Exception):
    """The call was over before there was any sound; `reason` is why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DidNotHear(AssertionError):
    """A line was not heard to its end in time; the message says what was heard instead."""


class LineDead(Exception):
    """The call ended before the caller had finished speaking."""


@dataclass(frozen=True)
class Line:
    """What the caller said, and when."""

    text: str
    start_ms: float
    end_ms: float


class Phone:
    """One call from the caller's side; every verb waits for the media to open.

    All times are milliseconds of the recording, which begins at that moment.
    """

    def __init__(
        self, leg: Leg, life: asyncio.Task[LineEnd], studio: Studio, language: str
    ) -> None:
        self.connection_id = leg.connection_id
        self.correlation_id = leg.correlation_id
        self.server_call_id = leg.server_call_id
        self.caller = leg.circuit.caller
        """What the caller said; PCM16 at `rate_hz`, as long as `agent`."""
        self.agent = leg.circuit.agent
        """What the caller heard."""
        self.received = leg.circuit.received
        """All sound from the bridge as it came, with what StopAudio discarded later."""
        self.stops = leg.circuit.stops
        """When each StopAudio came."""
        self.complaints = leg.circuit.complaints
        """What was wrong with a frame of the bridge, for each that was wrong."""
        self.said: list[Line] = []
        self._leg = leg
        self._circuit = leg.circuit
        self._life = life
        self._studio = studio
        self._mouth = caller_mouth(language)
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
    def received_frames(self) -> int:
        """Messages with sound from the bridge."""
        return self._circuit.received_frames

    @property
    def sent_frames(self) -> int:
        """Messages with sound to the bridge, over all sockets."""
        return self._circuit.sent_frames

    @property
    def flushed_ms(self) -> float:
        """Sound that StopAudio kept from the caller."""
        return self._circuit.flushed_ms

    def heard(self) -> list[Heard]:
        """Return every line that the caller heard, whole or in part."""
        return self._studio.hear(bytes(self._circuit.agent), self.rate_hz)

    async def answered(self) -> None:
        """Wait until the media is open; `CallRefused` if the call ends before."""
        either: set[asyncio.Future[Any]] = {self._leg.opened, self._leg.over}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._leg.opened.done():
            raise CallRefused(self._leg.over.result().message)

    async def ended(self) -> LineEnd:
        """Wait until the call is over and the bridge has been told."""
        return await asyncio.shield(self._life)

    async def says(self, text: str) -> None:
        """Speak, until the last sample was sent; `LineDead` if the call ends before."""
        await self.answered()
        pcm = await self._studio.speak(text, self._mouth)
        start_ms, end_ms = self._say(pcm, RATE_HZ)
        self.said.append(Line(text, start_ms, end_ms))
        await self._until_said(end_ms)

    async def plays(self, pcm: bytes, rate_hz: int) -> None:
        """Send any sound, until its last sample was sent; `LineDead` if the call ends before."""
        await self.answered()
        _, end_ms = self._say(pcm, rate_hz)
        await self._until_said(end_ms)

    async def presses(self, keys: str) -> None:
        """Press keys, half a second apart."""
        await self.answered()
        for key in keys:
            await self._leg.press(key)
            await asyncio.sleep(_KEY_S)

    async def waits(self, seconds: float) -> None:
        """Do nothing."""
        await asyncio.sleep(seconds)

    async def hears(self, text: str, *, within_s: float = 15) -> float:
        """Wait for a line that contains `text`; returns when it had been heard to its end.

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
                if line.complete and text.casefold() in line.text.casefold():
                    self._listened_ms = start_ms + line.end_ms
                    return self._listened_ms
            if circuit.dead or circuit.ms >= deadline_ms:
                instead = [line.text for line in lines] or "nothing"
                raise DidNotHear(f"{text!r} within {within_s} s; heard instead: {instead}")

    async def pauses(self, ms: float = 700) -> None:
        """Wait until the agent has been silent for so long, or the call is over."""
        await self.answered()
        circuit = self._circuit
        await circuit.until(lambda: circuit.ms - circuit.loud_until_ms >= ms)

    async def hangs_up(self) -> None:
        """Put the receiver down; returns when the call is over and the bridge has been told."""
        self._leg.end(CALLER_HUNG_UP if self._leg.answered else CALLER_GAVE_UP)
        await self.ended()

    async def sends(self, raw: str) -> None:
        """Have the network send a text frame, whatever it says."""
        for socket in self._leg.sockets:
            await socket.send(raw)

    async def drops_media(self) -> None:
        """Have the network lose the TCP connection of the media; the call goes on."""
        for socket in self._leg.sockets:
            socket.drop()

    async def closes_media(self, code: int) -> None:
        """Have the network close the media socket; the call goes on."""
        for socket in list(self._leg.sockets):
            await socket.close(code)

    async def reopens_media(self) -> None:
        """Have the network open another media socket to the same URL."""
        await self.answered()
        await self._leg.open_media()

    def _say(self, pcm: bytes, rate_hz: int) -> tuple[float, float]:
        resampler = Resampler(rate_hz, self.rate_hz)
        return self._circuit.say(resampler(pcm) + resampler.flush())

    async def _until_said(self, end_ms: float) -> None:
        if not await self._circuit.reaches(end_ms):
            raise LineDead(f"at {self.line_ms:.0f} ms, still speaking")

    async def _lines_since(self, start_ms: float) -> list[Heard]:
        start = samples_in(start_ms, self.rate_hz) * SAMPLE_BYTES
        agent = bytes(self._circuit.agent[start:])
        return await asyncio.to_thread(self._studio.hear, agent, self.rate_hz)
