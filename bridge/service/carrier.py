"""Who carries a call: where it is answered and hung up, and by which doors it comes to us."""

from dataclasses import dataclass

from aiohttp import web

from bridge.acs.calls import Calls
from bridge.acs.events import IncomingCall
from bridge.acs.line import Line
from bridge.acs.phone import AcsPhone
from bridge.flow.call import Call
from bridge.service.doors import Doors


@dataclass(frozen=True)
class Carrier:
    """An ACS resource, or what stands in for one, and the doors that lead from it to this service.

    Every method raises `PhoneError` when the carrier refuses or is not reached.
    """

    calls: Calls
    doors: Doors
    is_softphone: bool = False
    """Whether it carries the calls of the console's own telephone, and no others."""

    async def answer(self, ring: IncomingCall, call: Call, rate_hz: int) -> str:
        """Take a ringing call, with media both ways; returns its connection id."""
        return await self.calls.answer(
            ring.context,
            callback_url=self.doors.callbacks(call),
            media_url=self.doors.media(call),
            rate_hz=rate_hz,
        )

    async def place(self, call: Call, rate_hz: int) -> str:
        """Call the caller of a call from its dialled number; returns its connection id."""
        return await self.calls.create(
            call.caller,
            call.dialled,
            callback_url=self.doors.callbacks(call),
            media_url=self.doors.media(call),
            rate_hz=rate_hz,
        )

    def phone(
        self,
        call: Call,
        socket: web.WebSocketResponse,
        line: Line,
        connection_id: str,
        rate_hz: int,
    ) -> AcsPhone:
        """The caller's leg of a call whose media came over `socket`."""
        return AcsPhone(
            socket,
            line,
            self.calls.connection(connection_id),
            rate_hz=rate_hz,
            caller=call.caller,
            number=call.dialled,
            sound_url=self.doors.sound,
        )
