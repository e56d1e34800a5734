"""`POST /calls`: the door by which the operator's own systems have calls placed."""

import asyncio
import math
from collections import deque
from typing import Any

import orjson
from aiohttp import web
from structlog import get_logger

from bridge.call.legs import PhoneError
from bridge.flow.errors import FlowError
from bridge.service.announcements import Draining
from bridge.service.bodies import read_body
from bridge.service.guards import Role
from bridge.service.outbound import NoCapacity, NotPlaced, SpeechDown, WrongNumber
from bridge.service.parts import AUDIT, GUARDS, SWITCHBOARD

log = get_logger(__name__)

LARGEST_ORDER = 4096
"""Bytes in what asks for a call."""

MOST_A_MINUTE = 60
_MINUTE_S = 60.0


class CallsDoor:
    """Opens to editors, 60 times a minute.

    No answer and no log line repeats what was sent: a number may be in any of it. Without a key in
    the settings the answer is 403 with a sentence that names it, not 404: that the route exists is
    no secret, and who finds it shut learns how to open it.
    """

    def __init__(self) -> None:
        self._opened_s: deque[float] = deque(maxlen=MOST_A_MINUTE)

    async def take(self, request: web.Request) -> web.Response:
        """Place a call; 201 with its id, else a sentence."""
        operator = await request.app[GUARDS].operator(request, Role.EDITOR)
        self._check_rate()
        flow, to = _order(await read_body(request, LARGEST_ORDER))
        await request.app[AUDIT].add(operator, "call.place", flow, to)
        try:
            call = await request.app[SWITCHBOARD].place(flow, to)
        except FlowError as error:
            raise web.HTTPNotFound(text="There is no call flow of this name.") from error
        except WrongNumber as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        except (NoCapacity, SpeechDown) as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from error
        except NotPlaced as error:
            raise web.HTTPConflict(text=str(error)) from error
        except Draining as error:
            raise web.HTTPServiceUnavailable(text="This process is about to stop.") from error
        except PhoneError as error:
            raise web.HTTPBadGateway(text=f"The call could not be placed: {error}.") from error
        return web.json_response({"id": call.id}, status=201)

    def _check_rate(self) -> None:
        """Count those with the key only: strangers must not be able to shut others out."""
        now_s = asyncio.get_running_loop().time()
        if len(self._opened_s) == MOST_A_MINUTE:
            wait_s = self._opened_s[0] + _MINUTE_S - now_s
            if wait_s > 0:
                log.warning("calls.too_often")
                raise web.HTTPTooManyRequests(
                    text=f"There may be {MOST_A_MINUTE} requests a minute.",
                    headers={"Retry-After": str(math.ceil(wait_s))},
                )
        self._opened_s.append(now_s)


def _order(body: bytes) -> tuple[str, str]:
    """The flow and the number that a body asks for."""
    try:
        order: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        order = None
    match order:
        case {"flow": str(flow), "to": str(to), **more} if not more:
            return flow, to
    raise web.HTTPBadRequest(
        text='The body must be JSON like {"flow": "order_status", "to": "+18005550100"}.'
    )
