"""The telephone at the other end of a call: the caller's, or that of somebody who was called."""

import asyncio

from bridge.lab.acs.behaviours import DECLINES, Ringing
from bridge.lab.acs.ends import CALLEE_HUNG_UP, CALLER_GAVE_UP, CALLER_HUNG_UP, LineEnd
from bridge.lab.acs.handset import Handset
from bridge.lab.acs.leg import Leg
from bridge.lab.speech import Studio, caller_mouth


class Phone(Handset):
    """One call from the side of the caller, or of the person who was called."""

    def __init__(
        self,
        leg: Leg,
        life: asyncio.Task[LineEnd],
        studio: Studio,
        language: str,
        ringing: Ringing | None = None,
    ) -> None:
        super().__init__(leg.circuit, leg.keys, studio, caller_mouth(language))
        self.connection_id = leg.connection.id
        """Of the call; it becomes known to the application with the answer."""
        self.correlation_id = leg.connection.correlation_id
        self.server_call_id = leg.connection.server_call_id
        self.caller = leg.circuit.mouth
        """What the caller said; PCM16 at `rate_hz`, as long as `agent`."""
        self.agent = leg.circuit.ear
        """What the caller heard."""
        self.received = leg.stream.received
        """All sound from the bridge as it came, with what StopAudio discarded later."""
        self.stops = leg.stream.stops
        """When each StopAudio came."""
        self.complaints = leg.stream.complaints
        """What was wrong with a frame of the bridge, for each that was wrong."""
        self.recording = leg.conference.recording
        """What the service recorded, while it did: everybody, mixed, but those on hold."""
        self.route = leg.route
        """Who calls whom."""
        self.placed_s = asyncio.get_running_loop().time()
        """Time of the event loop at which the call was placed."""
        self._leg = leg
        self._life = life
        self._ringing = ringing

    @property
    def is_answered(self) -> bool:
        """Whether the call was taken, by the bridge or by the person whom it called."""
        return self._leg.picked_up

    @property
    def end(self) -> LineEnd | None:
        """How the call ended for the bridge; None while it has not."""
        over = self._leg.over
        return over.result() if over.done() and not over.cancelled() else None

    @property
    def received_frames(self) -> int:
        """Messages with sound from the bridge."""
        return self._leg.stream.received_frames

    @property
    def sent_frames(self) -> int:
        """Messages with sound to the bridge, over all sockets."""
        return self._leg.stream.sent_frames

    @property
    def flushed_ms(self) -> float:
        """Sound that StopAudio kept from the caller."""
        return self._leg.stream.flushed_ms

    async def ended(self) -> LineEnd:
        """Wait until the call is over for the bridge, and the bridge has been told."""
        told = self._leg.told
        await asyncio.wait((told, self._life), return_when=asyncio.FIRST_COMPLETED)
        return told.result() if told.done() else self._life.result()

    def picks_up(self) -> None:
        """Answer, if this is a telephone that was rung."""
        if self._ringing:
            self._ringing.settle(None)

    async def hangs_up(self) -> None:
        """Put the receiver down; returns when the call is over and the bridge has been told.

        A telephone that rings is silenced: the call is declined. A call that goes on among others
        is left at once.
        """
        leg = self._leg
        if leg.picked_up:
            leg.hang_up(CALLEE_HUNG_UP if self._ringing else CALLER_HUNG_UP)
        elif self._ringing:
            self._ringing.settle(DECLINES)
        else:
            leg.end(CALLER_GAVE_UP)
        if leg.over.done() or not leg.picked_up:
            await self.ended()

    async def sends(self, raw: str) -> None:
        """Have the network send a text frame, whatever it says."""
        await self._leg.link.send(raw)

    async def drops_media(self) -> None:
        """Have the network lose the TCP connection of the media; the call goes on."""
        for socket in self._leg.link.sockets:
            socket.drop()

    async def closes_media(self, code: int) -> None:
        """Have the network close the media socket; the call goes on."""
        for socket in list(self._leg.link.sockets):
            await socket.close(code)

    async def reopens_media(self) -> None:
        """Have the network open another media socket to the same URL."""
        await self.answered()
        await self._leg.link.open()

    def _reason(self) -> str:
        return self._leg.over.result().message
