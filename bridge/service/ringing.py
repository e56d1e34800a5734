"""How calls begin: rung and answered, turned away or sent on, or placed by ourselves."""

from functools import partial
from uuid import uuid4

from structlog import get_logger
from structlog.contextvars import bound_contextvars

from bridge.acs.events import IncomingCall
from bridge.call.breaker import Breaker
from bridge.call.ends import Reason
from bridge.call.legs import PhoneError
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.service.admission import Admission, Answer, Decision, Redirect, Reject
from bridge.service.announcements import Announcements, Draining
from bridge.service.capacity import Shortage
from bridge.service.carrier import Carrier
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.values import Version
from bridge.service.outbound import NotPlaced, check_placing
from bridge.service.register import Register
from bridge.service.replicas.others import Others

log = get_logger(__name__)


class Ringing:
    """Has calls answered and placed, as long as it is open."""

    def __init__(
        self,
        lines: Lines,
        carrier: Carrier,
        register: Register,
        admission: Admission,
        breaker: Breaker,
        others: Others,
        *,
        most_placed: int,
    ) -> None:
        """Have `carrier` carry what is placed: so many calls at a time for one number."""
        self._lines = lines
        self._carrier = carrier
        self._register = register
        self._admission = admission
        self._breaker = breaker
        self._others = others
        self._most_placed = most_placed
        self._announcements = Announcements()
        self.is_closed = False
        """Whether no call begins here any more."""

    async def incoming(self, ring: IncomingCall, carrier: Carrier) -> None:
        """Answer, redirect or reject a ringing call, once, however often it is announced.

        Raises:
            PhoneError: the carrier refused; a second announcement will try again.
            Draining: another process should answer.
        """
        take = partial(self._take, carrier)
        await self._announcements.once(ring, partial(self._others.once, take=take))

    async def _take(self, carrier: Carrier, ring: IncomingCall) -> None:
        call = Call(_new_id(), ring.caller, ring.dialled, ring.correlation_id)
        with bound_contextvars(call_id=call.id, correlation_id=call.correlation_id):
            if self.is_closed:
                raise Draining
            version = self._lines.version_for(call)
            decision = self._admission.decide(call, version.flows)
            if isinstance(decision, Answer) and not decision.instead:
                decision = await self._fitted(call, decision)
            if isinstance(decision, Redirect):
                if await self._redirected(carrier, ring, call, version, decision):
                    return
                decision = self._admission.told(decision.otherwise)
            if isinstance(decision, Reject):
                await carrier.calls.reject(ring.context, decision.told)
                self._register.turned_away(call, version, decision.reason, decision.why)
                return
            await self._answer(carrier, ring, call, version, decision)

    async def _fitted(self, call: Call, answer: Answer) -> Decision:
        """The answer, if the call fits; it counts from now on."""
        why = await self._admit(call, answer.flow)
        return self._admission.turned_away(call, answer.flow, why) if why else answer

    async def _admit(self, call: Call, flow: Callflow) -> Shortage | None:
        """What this process, or all together, lack for one more call; None lets it in."""
        why = await self._others.admit(call, flow) or self._admission.shortage(flow)
        if why or self.is_closed:
            self._others.releases(call)
        if self.is_closed:  # meanwhile
            raise Draining
        return why

    async def _redirected(
        self,
        carrier: Carrier,
        ring: IncomingCall,
        call: Call,
        version: Version,
        redirect: Redirect,
    ) -> bool:
        """Whether another telephone rings now."""
        try:
            await carrier.calls.redirect(ring.context, redirect.to)
        except PhoneError as error:
            log.warning("redirect.refused", detail=str(error))
            return False
        self._register.turned_away(call, version, Reason.REDIRECTED, redirect.why)
        return True

    async def _answer(
        self,
        carrier: Carrier,
        ring: IncomingCall,
        call: Call,
        version: Version,
        answer: Answer,
    ) -> None:
        answered = self._register.expect(call, answer, version, carrier)
        with self._register.asking(call):
            rate_hz = answer.flow.phone_rate_hz
            connection_id = await carrier.answer(ring, call, rate_hz)
        self._register.connected(answered, connection_id)
        log.info("call.answered", caller=call.caller, dialled=call.dialled)

    async def place(self, flow_name: str, to: str) -> Call:
        """Call somebody from the number of a flow, which leads the call once it is answered.

        Returns as soon as it rings. What becomes of it is reported as of any call: its caller is
        `to`, and the dialled number is the flow's.

        Args:
            flow_name: the module's name.
            to: a telephone number in E.164 form.

        Raises:
            FlowError: there is no such flow.
            NotPlaced: the line may not call now, or not that number; the message says why.
            PhoneError: ACS refused.
            Draining: another process should call.
        """
        version = self._lines.serving
        flow = version.flows.named(flow_name)
        if self.is_closed:
            raise Draining
        call = Call(_new_id(), to, flow.number, "")
        shortage = await self._admit(call, flow)
        try:
            check_placing(
                flow,
                to,
                under_way=self._register.placed_from(flow.number),
                most=self._most_placed,
                now=self._admission.now,
                shortage=shortage,
                breaker=self._breaker,
            )
        except NotPlaced:
            self._others.releases(call)
            raise
        placed = self._register.expect(call, Answer(flow), version, self._carrier, is_placed=True)
        with bound_contextvars(call_id=call.id), self._register.asking(call):
            connection_id = await self._carrier.place(call, flow.phone_rate_hz)
            self._register.connected(placed, connection_id)
            log.info("call.placed", caller=call.caller, dialled=call.dialled)
        return call


def _new_id() -> str:
    return uuid4().hex[:16]
