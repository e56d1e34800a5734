"""The calls in progress: from when they are answered or placed to what is reported of them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bridge.acs.callbacks import Callback
from bridge.acs.line import Line
from bridge.acs.phone import AcsPhone
from bridge.call.breaker import Breaker
from bridge.call.common import OneCall
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.call.pace import SessionsOfCall
from bridge.call.record import UNKNOWN, Record
from bridge.flow.call import Call
from bridge.service.admission import Answer
from bridge.service.capacity import Capacity
from bridge.service.carrier import Carrier
from bridge.service.numbers.values import Version
from bridge.service.outbound import PATIENCE_S
from bridge.service.replicas.others import Held, Others
from bridge.service.tokens import FIRST_MEDIA_S

Report = Callable[[Call, Record, OneCall | None], None]
"""Takes a call that has ended, with what is left of it where it had media."""

_NO_MEDIA = CallEnd(By.CARRIER, Reason.MEDIA_FAILED, Then.NOTHING, "it never came")
_NO_ANSWER = CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, "no answer")


@dataclass
class Answered:
    """A call from when it is answered or placed to its end."""

    call: Call
    answer: Answer
    """What was decided for it then."""
    version: Version
    """By which, and which it keeps."""
    carrier: Carrier
    patience: asyncio.TimerHandle
    """Runs out if its media does not come."""
    is_placed: bool
    voices: SessionsOfCall
    line: Line = field(default_factory=Line)
    connection_id: str = ""
    """ACS's own name for it, once it has said so to this process."""
    has_media: bool = False
    phone: AcsPhone | None = None
    """Who may wait for another media socket."""
    heard: list[Callback] = field(default_factory=list)
    """What ACS has said before there was media."""
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    """Loop time."""
    one: OneCall | None = None
    """The call itself, once it has media."""

    def begins(self, one: OneCall) -> None:
        """The call goes on with its media."""
        self.one = one

    @property
    def flow_name(self) -> str:
        """What the flow that answers is called."""
        return self.version.flows.name_of(self.answer.flow) or UNKNOWN

    def held(self) -> Held:
        """The call as other replicas have to know it."""
        instead = self.answer.instead
        return Held(
            self.call,
            self.flow_name,
            line="" if instead else self.answer.flow.number,
            connection_id=self.connection_id,
            has_media=self.has_media,
            is_placed=self.is_placed,
            why=instead.why if instead else "",
        )


class Register:
    """Every call in progress, by its id."""

    def __init__(
        self, report: Report, capacity: Capacity, breaker: Breaker, others: Others
    ) -> None:
        self.answered: dict[str, Answered] = {}
        self._report = report
        self._over: dict[str, float] = {}
        """Until when each call that has ended is remembered, the earliest first."""
        self._capacity = capacity
        self._breaker = breaker
        self._others = others
        self._idle = asyncio.Event()
        self._idle.set()

    def expect(
        self,
        call: Call,
        answer: Answer,
        version: Version,
        carrier: Carrier,
        *,
        is_placed: bool = False,
    ) -> Answered:
        """From now on the call is in progress."""
        patience_s = PATIENCE_S if is_placed else FIRST_MEDIA_S
        end = _NO_ANSWER if is_placed else _NO_MEDIA
        loop = asyncio.get_running_loop()
        patience = loop.call_later(patience_s, self.gives_up, call, end)
        self._idle.clear()
        instead = answer.instead
        if instead:
            self._capacity.count_turned_away(instead.why)
        voices = SessionsOfCall(
            self._capacity.pace, self._breaker, is_booked=instead is None, call_id=call.id
        )
        answered = Answered(call, answer, version, carrier, patience, is_placed, voices)
        self.answered[call.id] = answered
        self._others.holds(answered.held())
        return answered

    def connected(self, answered: Answered, connection_id: str) -> None:
        """The carrier has said how it calls the call."""
        answered.connection_id = connection_id
        if answered.call.id in self.answered:
            self._others.holds(answered.held())

    def takes_media(self, answered: Answered, connection_id: str) -> None:
        """The media of the call has come."""
        answered.has_media = True
        answered.patience.cancel()
        self.connected(answered, connection_id)

    def answers(self) -> list[Answer]:
        """How each call in progress was answered."""
        return [answered.answer for answered in self.answered.values()]

    def forget(self, call: Call) -> None:
        """The call is no longer in progress, and does not begin again."""
        self._others.forgets(call)
        self.let_go(call)
        now_s = asyncio.get_running_loop().time()
        for old in [each for each, until_s in self._over.items() if until_s < now_s]:
            del self._over[old]
        self._over[call.id] = now_s + FIRST_MEDIA_S

    def let_go(self, call: Call) -> None:
        """The call is no longer one of this process."""
        answered = self.answered.pop(call.id)
        answered.patience.cancel()
        answered.voices.release()
        if not self.answered:
            self._idle.set()

    def is_over(self, call: Call) -> bool:
        """Whether a call has ended here for which a token may still be fresh."""
        return call.id in self._over

    def gives_up(self, call: Call, end: CallEnd) -> None:
        """The call ends, and has had no media."""
        answered = self.answered[call.id]
        self.forget(call)
        self.ended(answered, Record(end=end), None)

    def ended(self, answered: Answered, record: Record, one: OneCall | None) -> None:
        """Report a call that was answered or placed."""
        version = answered.version
        record.flow, record.model = answered.flow_name, answered.answer.flow.model or ""
        record.version, record.on_trial = version.number, version.on_trial
        self._report(answered.call, record, one)

    def lost(self, held: Held, record: Record) -> None:
        """Report a call of another process, which is lost."""
        record.flow = held.flow
        self._report(held.call, record, None)

    def turned_away(self, call: Call, version: Version, reason: Reason, why: str = "") -> None:
        """Report a call that was not answered."""
        self._capacity.count_turned_away(why)
        end = CallEnd(By.BRIDGE, reason, Then.NOTHING, why)
        name = version.flows.name_at(call.dialled) or UNKNOWN
        record = Record(end=end, flow=name, version=version.number, on_trial=version.on_trial)
        self._report(call, record, None)

    @contextmanager
    def asking(self, call: Call) -> Iterator[None]:
        """Ask ACS for a call; where it refuses, the call has ended, unless it had before."""
        try:
            yield
        except PhoneError as error:
            if call.id in self.answered:
                self.gives_up(call, CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, str(error)))
            raise

    def placed_from(self, number: str) -> int:
        """How many calls are in progress that the line of this number has placed."""
        placed = [answered.call for answered in self.answered.values() if answered.is_placed]
        return sum(call.dialled == number for call in placed)

    async def idle(self) -> None:
        """Wait until no call is in progress."""
        await self._idle.wait()
