"""The pages of the calls in progress: all of them, and one as it happens."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bridge.console.calls_view import DID, WHAT, lines_of, moments_of
from bridge.console.visits import Visit, let_in, page
from bridge.flow.errors import FlowError
from bridge.service.floor.errors import NoSuchCall, NotNow, OutOfReach
from bridge.service.guards import Operator, Role
from bridge.service.parts import FLOOR, HISTORY

LONGEST_LINE = 500
"""Characters in what an operator has the line say."""


@page("calls.html")
async def show(visit: Visit) -> dict[str, Any]:
    """All calls in progress, the oldest first."""
    floor = await visit.part(FLOOR).calls(visit.operator)
    return {"calls": floor.calls, "missing": floor.missing, "now": floor.now, "what": WHAT}


@page("call.html")
async def show_call(visit: Visit) -> dict[str, Any] | web.StreamResponse:
    """One call, with what has been said and done; once it is over, its page of the history."""
    return await _call(visit)


async def _call(visit: Visit, **more: Any) -> dict[str, Any]:
    call_id, floor = visit.request.match_info["id"], visit.part(FLOOR)
    try:
        detail = await floor.call(call_id, visit.operator)
    except NoSuchCall as error:
        if await visit.part(HISTORY).call(call_id):
            raise web.HTTPSeeOther(f"/console/history/{call_id}") from error
        raise web.HTTPNotFound(text=str(error)) from error
    except OutOfReach as error:
        raise web.HTTPBadGateway(text=str(error)) from error
    return {
        "call": detail.call,
        "detail": detail,
        "said": lines_of(detail.said),
        "timeline": moments_of(detail.timeline),
        "now": floor.now,
        "what": WHAT,
        "told": DID.get(visit.request.query.get("told", "")),
        "problem": "",
        "typed": {},
    } | more


Deed = Callable[[Visit, str, dict[str, str], Operator], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _deed(name: str, do: Deed) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        visit = await let_in(request, Role.EDITOR)
        call_id = request.match_info["id"]
        typed = {key: str(value).strip() for key, value in (await request.post()).items()}
        try:
            await do(visit, call_id, typed, visit.operator)
        except NoSuchCall as error:
            raise web.HTTPNotFound(text=str(error)) from error
        except OutOfReach as error:
            raise web.HTTPBadGateway(text=str(error)) from error
        except (NotNow, FlowError) as error:
            content = await _call(visit, problem=str(error), typed=typed)
            answer = await visit.page("call.html", **content)
            answer.set_status(409)
            return answer
        raise web.HTTPSeeOther(f"/console/calls/{call_id}?told={name}")

    return handle


async def _end(visit: Visit, call_id: str, typed: dict[str, str], by: Operator) -> None:
    await visit.part(FLOOR).end(call_id, by, _line(typed.get("say", "")) or None)


async def _transfer(visit: Visit, call_id: str, typed: dict[str, str], by: Operator) -> None:
    say = _line(typed.get("say", "")) or None
    await visit.part(FLOOR).transfer(call_id, typed.get("to", ""), by, say)


async def _say(visit: Visit, call_id: str, typed: dict[str, str], by: Operator) -> None:
    text = _line(typed.get("text", ""))
    if not text:
        raise NotNow("There is nothing to say; write a line.")
    await visit.part(FLOOR).say(call_id, text, by)


def _line(text: str) -> str:
    if len(text) > LONGEST_LINE:
        raise NotNow(f"A line has at most {LONGEST_LINE} characters; make it shorter.")
    return text


end, transfer, say = _deed("end", _end), _deed("transfer", _transfer), _deed("say", _say)
