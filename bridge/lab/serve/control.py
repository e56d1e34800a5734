"""The control API: its routes, and what it takes and gives."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from bridge.lab.serve import calling, setting, speaking, watching
from bridge.lab.serve.openapi import describe
from bridge.lab.serve.problems import PROBLEMS, sentence
from bridge.lab.serve.stage import Route, Stage

_ROUTES: tuple[Route[Any], ...] = (
    *setting.ROUTES,
    *calling.ROUTES,
    *watching.ROUTES,
    *speaking.ROUTES,
)
_MOST_BYTES = 64 * 1024 * 1024
"""Of a WAV file: twenty minutes at 24 kHz."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def control(stage: Stage) -> web.Application:
    """Return the application that directs a stage."""
    app = web.Application(middlewares=[_in_sentences], client_max_size=_MOST_BYTES)
    app.router.add_get("/openapi.json", _description)
    for route in _ROUTES:
        app.router.add_route(route.method, route.path, _handler(stage, route))
    return app


async def _description(_: web.Request) -> web.StreamResponse:
    return _json(describe(_ROUTES))


def _handler(stage: Stage, route: Route[Any]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = route.parse(await request.read())
        answer = await route.handle(stage, request.match_info.get("id", ""), body)
        return answer if isinstance(answer, web.Response) else _json(answer)

    return handle


@web.middleware
async def _in_sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what goes wrong in a sentence; refuse web pages, which send their origin."""
    if "Origin" in request.headers:
        return _json({"error": "The lab is not to be directed from a web page."}, 403)
    try:
        return await handler(request)
    except PROBLEMS as problem:
        status, said = sentence(problem)
        return _json({"error": said}, status)


def _json(content: Any, status: int = 200) -> web.Response:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    body = orjson.dumps(content, option=options)
    return web.Response(body=body, status=status, content_type="application/json")
