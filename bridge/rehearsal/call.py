"""A call in a rehearsal: what a caller does with a telephone, and what came of it."""

import asyncio
import wave
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.audio.pcm import SAMPLE_BYTES
from bridge.call.record import Record
from bridge.lab.acs import DidNotHear, LineEnd, Phone
from bridge.lab.experience import Experience
from bridge.lab.report import CallReport
from bridge.lab.script import BadScript, ToolUsed, Who
from bridge.lab.sounds import cough
from bridge.lab.speech import RATE_HZ, Heard
from bridge.rehearsal.timeline import Timeline
from bridge.service.parts import FLIGHTS
from bridge.trial import Trial


class Unexpected(AssertionError):
    """Something was not as it should be; the message says what was instead."""


class RehearsedCall:
    """One call, with the verbs of a caller. All of them wait until there is sound."""

    def __init__(
        self, flow: str, stage: Trial, phone: Phone, timeline: Timeline, flights: Path
    ) -> None:
        self.phone = phone
        """The telephone, for what the verbs do not do."""
        self.timeline = timeline
        """What happened so far."""
        self.stage = stage
        """The service and both clouds."""
        self._flow = flow
        self._flights = flights
        self._record: Record | None = None

    async def answered(self) -> None:
        """Wait until there is sound; `CallRefused` if the call ends before."""
        await self.phone.answered()

    async def says(self, text: str) -> None:
        """Speak, to the end of the words."""
        await self.phone.answered()
        self.timeline.add("caller", text)
        await self.phone.says(text)

    async def talks_over(self, text: str, *, after_s: float = 0.8, within_s: float = 15) -> None:
        """Speak while the other side does, once it has spoken for `after_s`."""
        await self.phone.hears_a_sound(within_s=within_s)
        await self.phone.waits(after_s)
        await self.says(text)

    async def coughs(self) -> None:
        """Make half a second of noise that is no word."""
        await self.phone.plays(cough(RATE_HZ), RATE_HZ)

    async def plays(self, path: Path) -> None:
        """Send a WAV file, PCM16 of one channel, to its end.

        Raises:
            BadScript: it is none.
        """
        try:
            with path.open("rb") as file, wave.open(file) as sound:
                shape = (sound.getnchannels(), sound.getsampwidth())
                rate_hz, pcm = sound.getframerate(), sound.readframes(sound.getnframes())
        except (OSError, EOFError, wave.Error) as error:
            raise BadScript(f"{path} cannot be played: {error}.") from error
        if shape != (1, SAMPLE_BYTES):
            raise BadScript(f"{path} cannot be played: make it PCM16, one channel.")
        await self.phone.answered()
        self.timeline.add("caller", path.name)
        await self.phone.plays(pcm, rate_hz)

    async def presses(self, keys: str) -> None:
        """Press keys, half a second apart."""
        await self.phone.presses(keys)

    async def waits(self, seconds: float) -> None:
        """Do nothing."""
        await self.phone.answered()
        await self.phone.waits(seconds)

    async def hears(self, *texts: str, within_s: float = 15, by: Who | None = None) -> float:
        """Wait for a line that contains one of `texts`, to its end; returns when that was, in ms.

        Raises:
            DidNotHear: it did not come within `within_s`.
            Unexpected: it came, and not from `by`: the `agent`, or what covers a wait (`interim`).
        """
        end_ms = await self.phone.hears(*texts, within_s=within_s)
        if by:
            line = min(await self._heard(), key=lambda each: abs(each.end_ms - end_ms))
            is_interim = any(line.has(text) for text in self.timeline.interim)
            if is_interim is not (by == "interim"):
                other = "agent" if by == "interim" else "interim"
                raise Unexpected(f"{line.text!r} was said by {other}, not by {by}")
        return end_ms

    async def hangs_up(self) -> None:
        """Put the receiver down."""
        await self.phone.hangs_up()

    async def is_hung_up(self, *, within_s: float = 30) -> LineEnd:
        """Wait until the other side has ended the call.

        Raises:
            Unexpected: it goes on.
        """
        try:
            async with asyncio.timeout(within_s):
                return await self.phone.ended()
        except TimeoutError:
            raise Unexpected(f"the call went on for {within_s:g} s") from None

    async def is_transferred_to(self, number: str, *, within_s: float = 30) -> None:
        """Wait until the line is put through to somebody.

        Raises:
            Unexpected: it is not, or to somebody else.
        """
        await self.is_hung_up(within_s=within_s)
        if (reached := await self.transferred_to()) != number:
            raise Unexpected(f"the call was put through to {reached or 'nobody'}, not to {number}")

    async def record(self) -> Record:
        """Wait for the service's own record of the call, which it leaves when the call is over."""
        if self._record is None:
            self._record = await self.stage.record()
        return self._record

    async def flight(self) -> bytes:
        """The call's flight, as a file holds it, once the call is over; nothing without media."""
        await self.record()
        await self.stage.app[FLIGHTS].settle()
        return b"".join(path.read_bytes() for path in self._flights.glob("*.call"))

    async def transferred_to(self) -> str | None:
        """Who has the caller now, if the line was put through."""
        end = await self.phone.ended()
        if end.transferred_to or end.by != "transfer":
            return end.transferred_to
        asked = [
            request.body["targetParticipant"]["rawId"]
            for request in self.stage.acs.requests
            if request.operation == "transferToParticipant"
        ]
        return str(asked[-1]).removeprefix("4:")

    @property
    def tools(self) -> list[ToolUsed]:
        """The tools that the model has called, in order."""
        return self.timeline.tools

    @property
    def interim(self) -> list[str]:
        """The lines that covered waits, in order."""
        return self.timeline.interim

    @property
    def dead_air_s(self) -> float:
        """The longest silence so far that the caller waited through, in seconds."""
        return Experience.of(self._reported(self.phone.heard(), {})).dead_air_s

    async def report(self) -> CallReport:
        """The call as the caller heard it, once it is over."""
        return self._reported(await self._heard(), asdict(await self.record()))

    async def _heard(self) -> list[Heard]:
        return await self.phone.ears.recognise(bytes(self.phone.agent), self.phone.rate_hz)

    def _reported(self, heard: list[Heard], record: Mapping[str, Any]) -> CallReport:
        phone = self.phone
        return CallReport(
            flow=self._flow,
            rate_hz=phone.rate_hz,
            caller=bytes(phone.caller),
            agent=bytes(phone.agent),
            events=self.timeline.events(phone.opened_s),
            said=phone.said,
            heard=heard,
            bridge=record,
        )


__all__ = ["DidNotHear", "RehearsedCall", "Unexpected"]
