"""The softphone: calls from browsers to the lines of this service."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from bridge.console.phone_caller import RATES_HZ
from bridge.console.phone_exchange import open_exchange
from bridge.console.phone_talk import Talk, tell
from bridge.console.safety import is_ours
from bridge.console.visits import Visit, let_in, page
from bridge.flow.numbers import is_e164
from bridge.lab.acs import Phone
from bridge.service.floor.live import LiveDetail
from bridge.service.guards import Operator, Role
from bridge.service.parts import AUDIT, FLOOR, LINES, SWITCHBOARD

MOST_LINES = 4
"""Calls at a time that one process has from browsers."""
CALLER = "+12065550100"
"""Whom the line sees, if nobody says otherwise: a number of films and examples."""
_ORDER_S = 10
_HEARTBEAT_S = 10
_LARGEST_MESSAGE = 1 << 14
"""Bytes; 20 ms of sound have 960 or 1,920."""


class NoCall(Exception):
    """There is no call; the message is a sentence for whoever wanted one."""


@dataclass(frozen=True)
class _Order:
    number: str
    caller: str
    browser_hz: int


class Softphone:
    """The telephones in the browsers of one process."""

    def __init__(self, service: web.Application) -> None:
        """Call the lines of `service`."""
        self._service = service
        self._lines = 0

    async def line(self, request: web.Request) -> web.WebSocketResponse:
        """Take a browser's call: what it dials, then its sound and keys, until it is over.

        The first message is `{"dial": "+18005550100", "caller": "+12065550100", "rate_hz": 24000}`,
        with the rate at which the browser sends and plays.
        """
        if not is_ours(request):
            raise web.HTTPForbidden(text="This did not come from a page of the console.")
        visit = await let_in(request, Role.EDITOR)
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, max_msg_size=_LARGEST_MESSAGE, compress=False
        )
        await socket.prepare(request)
        try:
            order = await _ordered(socket)
            with self._a_line():
                await self._service[AUDIT].add(visit.operator, "softphone.call", order.number)
                async with open_exchange(self._service) as exchange:
                    phone = await exchange.dial(order.number, caller=order.caller)
                    watch = partial(self._watch, visit.operator)
                    await Talk(socket, phone, order.browser_hz, watch).run()
        except NoCall as problem:
            await tell(socket, state="over", words=str(problem))
        finally:
            await socket.close()
        return socket

    async def _watch(self, by: Operator, phone: Phone) -> AsyncIterator[LiveDetail]:
        """What happens in the call that the service knows by the same correlation id."""
        for call in self._service[SWITCHBOARD].in_progress:
            if call.correlation_id == phone.correlation_id:
                async for detail in self._service[FLOOR].here.changes_of(call.id, by):
                    yield detail

    @contextmanager
    def _a_line(self) -> Iterator[None]:
        if self._service[SWITCHBOARD].draining:
            raise NoCall("This replica is about to stop, and takes no new calls. Try again.")
        if self._lines == MOST_LINES:
            raise NoCall(f"All {MOST_LINES} softphone lines of this replica are in use.")
        self._lines += 1
        try:
            yield
        finally:
            self._lines -= 1


def add_softphone(console: web.Application, service: web.Application) -> None:
    """Add its page and its line to the console of `service`."""
    console.router.add_get("/phone", _show)
    console.router.add_get("/phone/line", Softphone(service).line)


@page("phone.html", Role.EDITOR)
async def _show(visit: Visit) -> Mapping[str, Any]:
    lines = visit.part(LINES).current.by_number
    return {
        "numbers": {number: name for number, (name, _) in lines.items()},
        "chosen": visit.request.query.get("number", ""),
        "caller": CALLER,
    }


async def _ordered(socket: web.WebSocketResponse) -> _Order:
    try:
        message = await socket.receive(_ORDER_S)
    except TimeoutError as error:
        raise NoCall("Nothing was dialled.") from error
    match _json(message.data) if message.type is WSMsgType.TEXT else None:
        case {"dial": str(number), "caller": str(caller), "rate_hz": int(rate_hz)}:
            if not is_e164(number) or not is_e164(caller):
                raise NoCall("Give both numbers in international form, like +18005550100.")
            if rate_hz not in RATES_HZ:
                raise NoCall(f"This browser plays at {rate_hz} Hz; 24 or 48 kHz are needed.")
            return _Order(number, caller, rate_hz)
    raise NoCall("The page and the service do not fit each other. Load the page again.")


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
