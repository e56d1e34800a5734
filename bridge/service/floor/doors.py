"""`/api/v1/calls`: who is on the line, and what an editor has a call do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bridge.flow.errors import FlowError
from bridge.flow.numbers import E164
from bridge.flow.outcomes import RAW_ID
from bridge.service.bodies import read_body
from bridge.service.floor.errors import NoSuchCall, NotNow, OutOfReach
from bridge.service.floor.live import LiveDetail
from bridge.service.floor.news import Changes
from bridge.service.floor.schemas import operation, replies
from bridge.service.guards import Operator, Role
from bridge.service.parts import FLOOR, GUARDS

LARGEST_ORDER = 16_384
"""Bytes in what an editor asks for; a character may be written as twelve."""
LONGEST_LINE = 500
"""Characters that the line says at once: about half a minute."""


async def see_calls(request: web.Request) -> web.Response:
    """Tell readers which calls are in progress."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    return answer(await request.app[FLOOR].calls(operator))


async def see_call(request: web.Request) -> web.Response:
    """Tell readers what has happened in a call."""
    operator = await request.app[GUARDS].operator(request, Role.READER)
    with refusals():
        return answer(await request.app[FLOOR].call(request.match_info["id"], operator))


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE)
]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Order = TypeVar("Order", bound=_Order)


class End(_Order):
    """What ends a call."""

    say: Text | None = None


class Forward(_Order):
    """What transfers a call."""

    to: Annotated[
        Text, Field(json_schema_extra={"pattern": f"^({E164.pattern}|{RAW_ID.pattern})$"})
    ]
    say: Text | None = None


class Speak(_Order):
    """What has the line say something."""

    text: Text


async def end_call(request: web.Request) -> web.Response:
    """Have a call end, after a line or at once."""
    order, operator = await _ordered(request, End)
    with refusals():
        await request.app[FLOOR].end(request.match_info["id"], operator, order.say)
    return _accepted(request)


async def transfer_call(request: web.Request) -> web.Response:
    """Have the caller connected with somebody."""
    order, operator = await _ordered(request, Forward)
    with refusals():
        call_id = request.match_info["id"]
        await request.app[FLOOR].transfer(call_id, order.to, operator, order.say)
    return _accepted(request)


async def say_in_call(request: web.Request) -> web.Response:
    """Have the line say something."""
    order, operator = await _ordered(request, Speak)
    with refusals():
        await request.app[FLOOR].say(request.match_info["id"], order.text, operator)
    return _accepted(request)


async def _ordered(request: web.Request, kind: type[Order]) -> tuple[Order, Operator]:
    operator = await request.app[GUARDS].operator(request, Role.EDITOR)
    body = await read_body(request, LARGEST_ORDER)
    if not operator.has_sent(body):
        raise web.HTTPUnauthorized(text="This is not what the other replica has sent.")
    try:
        return kind.model_validate_json(body or b"{}"), operator
    except ValidationError as error:
        shape = ", ".join(f'"{name}": "…"' for name in kind.model_fields)
        raise web.HTTPBadRequest(
            text=f"The body must be JSON like {{{shape}}}, each text of 1 to {LONGEST_LINE} "
            "characters."
        ) from error


@contextmanager
def refusals() -> Iterator[None]:
    """Answer with the sentence of what stands against it."""
    try:
        yield
    except NoSuchCall as error:
        raise web.HTTPNotFound(text=str(error)) from error
    except NotNow as error:
        raise web.HTTPConflict(text=str(error)) from error
    except FlowError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except OutOfReach as error:
        raise web.HTTPBadGateway(text=str(error)) from error


def _accepted(request: web.Request) -> web.Response:
    return web.json_response({"id": request.match_info["id"]}, status=202)


def answer(value: Any) -> web.Response:
    """JSON of values: their fields are its names, and times are of ISO 8601."""
    return web.Response(body=orjson.dumps(value), content_type="application/json")


_CALL = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]


def _action(summary: str, kind: type[_Order]) -> dict[str, Any]:
    return {
        "post": operation(
            summary,
            {"202": {"description": "It is about to happen."}} | replies(400, 404, 409, 413, 502),
            parameters=_CALL,
            body=kind.model_json_schema(),
        )
    }


PATHS: dict[str, Any] = {
    "/api/v1/calls": {
        "get": operation(
            "Calls in progress, of all replicas.",
            {"200": ("All of them, the oldest first.", Changes)},
        )
    },
    "/api/v1/calls/{id}": {
        "get": operation(
            "A call in progress, and what has happened in it.",
            {"200": ("The call.", LiveDetail)} | replies(404, 502),
            parameters=_CALL,
        )
    },
    "/api/v1/calls/{id}/end": _action("End a call.", End),
    "/api/v1/calls/{id}/transfer": _action("Transfer the caller.", Forward),
    "/api/v1/calls/{id}/say": _action("Say something to the caller, once nobody speaks.", Speak),
}
