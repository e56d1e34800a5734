"""A service that answers the set-up of a session with nonsense is taken at its word, or refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AzureKeyCredential

from bridge import Callflow, StaticInterim
from bridge.call.legs import VoiceRefused
from bridge.voicelive.connection import VoiceLive

LINE = Callflow(number="+18005550100", interim=StaticInterim(texts=("One moment.",)))


@asynccontextmanager
async def answering(answer: Any) -> AsyncIterator[VoiceLive]:
    """A service that says the same whatever it is asked."""

    async def say(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            await socket.send_json(answer)
        return socket

    app = web.Application()
    app.router.add_get("/{path:.*}", say)
    async with TestServer(app) as server:
        yield VoiceLive(str(server.make_url("/")), AzureKeyCredential("k"), "2026-07-15")


@pytest.mark.parametrize(
    "session",
    [
        None,
        [],
        "all",
        {"turn_detection": [], "interim_response": None},
        *[{"expires_at": unread} for unread in (True, 1.5, "soon", "1790731031")],
    ],
)
async def test_what_is_not_echoed_is_not_in_force(session: Any) -> None:
    async with (
        answering({"type": "session.updated", "session": session}) as voices,
        voices.connect(LINE) as leg,
    ):
        assert (leg.interim, leg.interrupts) == ("refused", True)
        assert leg.expires_s == float("inf")


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, "unknown"), ([], "unknown"), ("no", "unknown"), ({"code": {}, "type": "t"}, "t")],
)
async def test_a_refusal_that_cannot_be_read_is_one(error: Any, code: str) -> None:
    async with answering({"type": "error", "error": error}) as voices:
        with pytest.raises(VoiceRefused, match=code):
            async with voices.connect(LINE):
                pass
