"""A voice leg that outlives its sessions: what is lost, or about to expire, is replaced."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from structlog import get_logger

from bridge.call.ends import CallEnd
from bridge.call.events import (
    VoiceEvent,
    VoiceRenewed,
)
from bridge.call.legs import (
    VoiceFrozen,
    VoiceLeg,
    VoiceLost,
    VoiceRefused,
    VoiceService,
    VoiceUnreachable,
)
from bridge.call.record import Record
from bridge.call.relay import Relay
from bridge.call.sessions import Sessions
from bridge.call.transcript import Transcript
from bridge.flow.callflow import Callflow

log = get_logger(__name__)

EARLY_S = 120.0
"""A session is replaced in the first pause of its last two minutes, or of its second half."""
_LEAST_S = 10.0
"""No session is replaced sooner; the clocks may differ."""
_LONGEST_S = 24 * 3600.0
"""No session lasts longer, whatever the service says or leaves unsaid."""
_LOOK_S = 0.5
"""How often a pause is looked for then."""
_STEADY_LOOKS = 2
"""So often in a row nobody may have anything to say."""

_GO_ON = (
    "The line was interrupted for a moment. Go on where you were; if the caller's last words are "
    "missing, ask for them."
)


class LastingVoice(Relay):
    """A `VoiceLeg` over one session after another, all of them knowing what was said.

    What is sent while there is no session is not said to anybody; `VoiceRenewed` tells when that
    is over. The caller's voice waits. Entering connects; leaving closes.
    """

    def __init__(
        self, service: VoiceService, flow: Callflow, transcript: Transcript, record: Record
    ) -> None:
        super().__init__(transcript)
        self._sessions = Sessions(service, flow, transcript)
        self._most_reconnects = flow.limits.most_reconnects
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._session = AsyncExitStack()
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._down.set()
        self.is_down = True
        """There is no session just now."""
        self._why = ""
        """Why a session was given up by us."""
        self._is_last = self._is_hopeless = False
        """A session was given up, and none has spoken since; another one was, too."""
        self.was_frozen = False
        """The last session that was lost had not said anything for a while."""
        self.was_missed = False
        """The caller was asked to wait for a session, and is to hear that there is one."""

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            VoiceUnreachable, VoiceRefused: in vain, for eight seconds or for good.
        """
        self._leg, self._session = await self._sessions.first_to_open()
        self._comes_up()
        self._take_over(self._leg)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.aclose()

    def _take_over(self, leg: VoiceLeg) -> None:
        self.input_rate_hz, self.output_rate_hz = leg.input_rate_hz, leg.output_rate_hz
        self.interim, self.interrupts = leg.interim, leg.interrupts
        self.expires_s = leg.expires_s

    def _comes_up(self) -> None:
        self.is_down = False
        self._up.set()
        self._down.clear()

    def _goes_down(self) -> None:
        self.is_down = True
        self._up.clear()
        self._down.set()

    async def up(self) -> None:
        """Wait until there is a session."""
        await self._up.wait()

    async def down(self) -> None:
        """Wait until there is none."""
        await self._down.wait()

    async def events(self) -> AsyncIterator[VoiceEvent]:
        """What the service says, over all sessions.

        Raises:
            VoiceLost: a session was lost, and no other took its place.
        """
        while True:
            leg = self._leg
            try:
                async for event in leg.events():
                    yield event
            except VoiceLost as loss:
                if self._leg is leg:
                    self.was_frozen = isinstance(loss, VoiceFrozen)
                    await self._renew(self._why or str(loss))
            yield VoiceRenewed()

    async def _renew(self, why: str) -> None:
        self._goes_down()
        self._why = ""
        log.warning("voice.lost", detail=why, reconnects=self._record.reconnects)
        is_enough = self._record.reconnects >= self._most_reconnects
        if is_enough or self._is_hopeless:
            raise VoiceLost(why)
        self._record.reconnects += 1
        await self._session.aclose()
        try:
            self._leg, self._session = await self._sessions.first_to_open(_GO_ON)
        except (VoiceUnreachable, VoiceRefused) as error:
            raise VoiceLost(f"{why}, then {error}") from error
        self._take_over(self._leg)
        self._comes_up()

    def is_of_use(self) -> None:
        """The agent is heard to speak: should the session be given up later, it is another time."""
        self._is_last = False

    async def give_up(self, why: str) -> None:
        """The session is of no use: another is to take its place, once.

        Where that one is of no use, either, all is lost.
        """
        if self.is_down:
            return  # another is on its way
        self._is_hopeless = self._is_last
        self._is_last = True
        self._why = why
        self._goes_down()
        await self._session.aclose()

    async def stay_fresh(self, is_pause: Callable[[], bool]) -> CallEnd:
        """Replace each session before it expires, while nobody has anything to say."""
        while True:
            leg, steady = self._leg, 0
            left_s = min(leg.expires_s - self._loop.time(), _LONGEST_S)
            await asyncio.sleep(max(left_s / 2, left_s - EARLY_S, _LEAST_S))
            while self._leg is leg and steady < _STEADY_LOOKS:
                await asyncio.sleep(_LOOK_S)
                steady = steady + 1 if is_pause() else 0
            if self._leg is leg:
                await self._hand_over(is_pause)

    async def _hand_over(self, is_pause: Callable[[], bool]) -> None:
        told = self._transcript.length
        try:
            fresh, session = await self._sessions.open()
        except (VoiceUnreachable, VoiceRefused, VoiceLost) as error:
            log.warning("voice.not_refreshed", detail=str(error))
            return
        if not is_pause() or self._transcript.length != told or not self._up.is_set():
            await session.aclose()  # somebody has spoken meanwhile: the next pause will do
            return
        log.info("voice.refreshed")
        self._record.refreshes += 1
        old, self._session, self._leg = self._session, session, fresh
        self._take_over(fresh)
        await old.aclose()

    async def hear(self, pcm: bytes) -> None:
        """Pass on what the caller says, as soon as there is a session."""
        while True:
            if self.is_down:
                await self._up.wait()
            leg = self._leg
            try:
                return await leg.hear(pcm)
            except VoiceLost:
                self._is_gone(leg)
