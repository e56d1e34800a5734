"""The caller's leg: the media, the callbacks and the operations of one ACS call."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web
from structlog import get_logger

from bridge.acs.colleague import Colleague
from bridge.acs.connection import Connection
from bridge.acs.identifiers import identified
from bridge.acs.line import Line
from bridge.acs.media import STOP_AUDIO, Tone, audio_frame
from bridge.acs.refusals import NotThere
from bridge.acs.stream import Place, Stream
from bridge.acs.transferring import transferred
from bridge.call.ends import By, CallEnd, Reason
from bridge.call.legs import PhoneError
from bridge.flow.outcomes import Transfer

log = get_logger(__name__)

RENEWAL_S = 5
"""How long a caller may be kept in silence until there is another media socket."""
_RESTARTS = 2
"""So often a call asks ACS to open its media again."""
_WITHHELD = "anonymous"
_CALLER = "caller"
"""Whose keys a recognition reports."""


class AcsPhone:
    """A caller, as `PhoneLeg`."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        line: Line,
        connection: Connection,
        *,
        rate_hz: int,
        caller: str,
        number: str,
        sound_url: Callable[[str], str],
    ) -> None:
        """Begin with the first media socket.

        Args:
            socket: the first; whoever brought it closes it.
            line: what callbacks tell of the call.
            connection: what can be done with it.
            rate_hz: of the media, as the call was answered.
            caller: the other party's number or raw identifier, or `anonymous`.
            number: ours, which colleagues are called from.
            sound_url: where ACS finds a sound of the flow, by its file name.
        """
        self.rate_hz = rate_hz
        self._stream = Stream(socket)
        self._line = line
        self._connection = connection
        self._caller = caller
        self._colleague = Colleague(connection, line, number)
        self._sound_url = sound_url
        self._restarts = 0
        self._keys_watched = False
        self._recording_id: str | None = None

    async def listen(self, hear: Callable[[bytes], None], press: Callable[[str], None]) -> None:
        """Pass on what the caller says and presses, over one media socket after the other.

        Returns when the call is over, or its media has gone for good: then `ended` says so.
        """
        keys = self._line.keys
        self._line.media_failed = self._stream.doubt
        try:
            with keys.passed_to(press):
                await self._stream.receive(hear, self._press)
                while await self._has_media_again():
                    await self._stream.receive(hear, self._press)
        finally:
            self._line.media_failed = None
            self._stream.close()
            if self._stream.malformed:
                log.warning("media.malformed_frames", count=self._stream.malformed)
            if keys.unknown:
                log.warning("keys.unknown", count=keys.unknown)

    def _press(self, tone: Tone) -> None:
        is_callers = tone.participant.startswith(identified(self._caller).raw_id)
        self._line.keys.stream(tone.spelled, _CALLER if is_callers else None)

    async def _has_media_again(self) -> bool:
        """Whether another socket came in place of the one that ended, in time.

        A socket that ends with the call is no loss: ACS says before that it stops the media.
        """
        place = self._stream.drop()
        if not self._line.closing.done():
            log.warning("media.broken", restarts=self._restarts)
            try:
                async with asyncio.timeout(RENEWAL_S):
                    await self._ask_for_media()
                    await asyncio.wait(
                        (place.socket, self._line.closing), return_when=asyncio.FIRST_COMPLETED
                    )
            except TimeoutError:
                log.warning("media.not_renewed", seconds=RENEWAL_S)
            except NotThere:
                return self._stream.take(place)
        if self._stream.take(place):
            log.info("media.renewed")
            return True
        if not self._line.closing.done():
            self._line.end(self._line.lost_media("the stream broke"))
        return False

    async def _ask_for_media(self) -> None:
        """Ask for another socket; ACS may also open one by itself (not documented)."""
        if self._restarts == _RESTARTS:
            return
        self._restarts += 1
        await self._line.established()
        try:
            await self._connection.start_media()
        except NotThere:
            raise
        except PhoneError as error:
            log.warning("media.not_restarted", detail=str(error))

    def claim(self) -> Place | None:
        """A place for another media socket of the call, if it waits for one."""
        return self._stream.claim()

    def unclaim(self, place: Place) -> None:
        """Free a place to which no socket came."""
        self._stream.unclaim(place)

    def play(self, frame: bytes) -> Coroutine[Any, Any, None]:
        """Send 20 ms of audio; while there is no stream, they are lost."""
        return self._stream.send(audio_frame(frame))

    async def stop_playing(self) -> None:
        """Have ACS drop the audio it has not played yet."""
        await self._stream.send(STOP_AUDIO)

    async def ended(self) -> CallEnd:
        """Wait for the call's end, or that of its media.

        ACS may keep a call that has a colleague in it when the caller hangs up (not documented).
        """
        line = self._line
        moved = line.moved
        while not line.ended.done():
            await asyncio.wait((line.ended, moved), return_when=asyncio.FIRST_COMPLETED)
            moved = line.moved
            if not line.ended.done() and self._colleague.is_asked and await self._caller_has_left():
                line.end(CallEnd(By.CALLER, Reason.HUNG_UP, detail="a colleague was there"))
        return line.ended.result()

    async def _caller_has_left(self) -> bool:
        try:
            return not await self._connection.has(self._caller)
        except PhoneError as error:
            log.warning("participants.unknown", detail=str(error))
            return False

    async def hang_up(self) -> None:
        """End the call through the API: closing the socket would not."""
        await self._connection.hang_up()

    async def leave(self) -> None:
        """Leave the call to the others in it."""
        self._colleague.takes_over()
        await self._connection.hang_up(for_everyone=False)

    async def transfer(self, transfer: Transfer) -> str | None:
        """Transfer the caller, and wait for the callback that says how it went."""
        return await transferred(transfer, self._connection, self._line)

    async def watch_keys(self) -> None:
        """Have a callback sent for each key of the caller; who withholds a number has none sent."""
        if self._keys_watched:
            return
        self._keys_watched = True
        await self._line.established()
        if self._caller == _WITHHELD:
            log.info("keys.not_watched", detail="the number is withheld")
            return
        try:
            await self._connection.watch_keys(self._caller, _CALLER)
        except PhoneError:
            self._keys_watched = False
            raise

    async def hold(self, music: str) -> None:
        """Let the caller hear the music; one who withholds a number cannot be put on hold.

        Keys do not count that ACS says are the caller's; on the media socket it may not say so.
        """
        await self._line.established()
        await self._connection.hold(self._named_caller(), self._sound_url(music))
        self._line.keys.unheard = _CALLER

    async def take_back(self) -> None:
        """Let the caller hear the call again."""
        await self._connection.unhold(self._named_caller())
        self._line.keys.unheard = None

    def _named_caller(self) -> str:
        if self._caller == _WITHHELD:
            raise PhoneError("a caller whose number is withheld cannot be put on hold")
        return self._caller

    async def invite(self, transfer: Transfer) -> str | None:
        """Have a colleague's telephone ring for 30 s; None once the colleague is in the call."""
        return await self._colleague.invite(transfer)

    async def dismiss(self) -> None:
        """Have the colleague leave, or not come."""
        await self._colleague.dismiss()

    async def start_recording(self) -> None:
        """Record the call until it ends."""
        await self._line.established()
        self._recording_id = await self._connection.start_recording()

    async def pause_recording(self) -> None:
        """Leave out what comes now."""
        if self._recording_id:
            await self._connection.pause_recording(self._recording_id)

    async def resume_recording(self) -> None:
        """Record on."""
        if self._recording_id:
            await self._connection.resume_recording(self._recording_id)
