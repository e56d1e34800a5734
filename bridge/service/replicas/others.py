"""The other replicas, as one process sees them; `Alone` is how it is without Redis."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.acs.callbacks import Callback
from bridge.acs.events import IncomingCall
from bridge.call.record import UNKNOWN, Record
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.service.capacity import Shortage

Take = Callable[[IncomingCall], Awaitable[None]]


@dataclass(frozen=True)
class Held:
    """A call in progress, as far as another replica has to know it."""

    call: Call
    flow: str = UNKNOWN
    """What its flow is called."""
    line: str = ""
    """The number of the flow that serves it; empty where the caller is only told something."""
    connection_id: str = ""
    """ACS's own name for it, once known."""
    has_media: bool = False
    is_placed: bool = False
    why: str = ""
    """Why the caller is only told something."""


class Switch(Protocol):
    """What others may have this process do with calls."""

    async def told(
        self, call: Call, callbacks: Sequence[Callback], *, is_forwarded: bool = False
    ) -> None:
        """Take in what ACS said about a call of this process to another."""
        ...

    def taken(self, call_id: str) -> None:
        """Another replica has the media of a call, and so the call."""
        ...

    async def bury(self, held: Held, record: Record) -> None:
        """Report and hang up a call whose replica is lost."""
        ...


class Others(Protocol):
    """What a process asks of the others, and tells them.

    Whatever waits here does so for 50 ms at most; then the process decides by itself.
    """

    async def once(self, ring: IncomingCall, take: Take) -> None:
        """Take a ringing call, unless another replica has.

        Raises:
            Draining: another is at it; should that fail, the next announcement is for anybody.
            PhoneError: as `take` does.
        """
        ...

    async def admit(self, call: Call, flow: Callflow) -> Shortage | None:
        """What all replicas together lack to serve one more call, or None: then it counts."""
        ...

    async def claim(self, call: Call, connection_id: str) -> Held | None:
        """Have the media of a call come here, and with it the call; None if it may not.

        Where nothing is known of the call, it is as if another had answered it a moment ago.
        """
        ...

    def releases(self, call: Call) -> None:
        """A call that was admitted is not served: it counts no more."""
        ...

    def holds(self, held: Held) -> None:
        """This process has a call, or knows more of it."""
        ...

    def forgets(self, call: Call) -> None:
        """A call that this process had is over."""
        ...

    def forward(self, call: Call, callbacks: Sequence[Callback]) -> None:
        """Have whoever has a call told what ACS says about it, if anybody has it."""
        ...


class Alone:
    """One process, which knows all there is to know."""

    async def once(self, ring: IncomingCall, take: Take) -> None:
        """Take it."""
        await take(ring)

    async def admit(self, call: Call, flow: Callflow) -> Shortage | None:
        """Nothing is lacked elsewhere."""
        del call, flow
        return None

    async def claim(self, call: Call, connection_id: str) -> Held | None:
        """The media may come."""
        return Held(call, connection_id=connection_id, has_media=True)

    def releases(self, call: Call) -> None:
        """It counted nowhere."""

    def holds(self, held: Held) -> None:
        """Nobody has to know."""

    def forgets(self, call: Call) -> None:
        """Nobody knew."""

    def forward(self, call: Call, callbacks: Sequence[Callback]) -> None:
        """There is nobody to be told."""
