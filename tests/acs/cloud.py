"""What the SDK asks of Call Automation, taken down by a server that always agrees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from bridge.acs.calls import Calls, open_calls

Json = dict[str, Any]

CONNECTION_ID = "441fc800-a57e-44f3-b630-6b52a925e895"
CALLER = "+14255550123"
NUMBER = "+18005550100"

AGREED: dict[str, tuple[int, Json | None]] = {
    "answer": (200, {"callConnectionId": CONNECTION_ID}),
    "create": (201, {"callConnectionId": CONNECTION_ID}),
    "redirect": (204, None),
    "reject": (204, None),
    "terminate": (204, None),
    "delete": (204, None),
    "get": (
        200,
        {
            "callConnectionId": CONNECTION_ID,
            "serverCallId": "aHR0cHM6",
            "callConnectionState": "connected",
        },
    ),
    "transferToParticipant": (202, {}),
    "participants": (
        200,
        {
            "value": [
                {"identifier": {"rawId": f"4:{CALLER}"}, "isMuted": False, "isOnHold": True},
                {"identifier": {"rawId": "8:acs:r_bridge"}, "isMuted": False, "isOnHold": False},
            ]
        },
    ),
    "participants:add": (202, {"invitationId": "3521d4ba"}),
    "participants:remove": (202, {}),
    "participants:cancelAddParticipant": (202, {"invitationId": "3521d4ba"}),
    "hold": (200, None),
    "unhold": (200, None),
    "startContinuousDtmfRecognition": (200, None),
    "startMediaStreaming": (202, None),
    "recordings": (200, {"recordingId": "eyJQ", "recordingState": "inactive"}),
    "recordings:pause": (202, None),
    "recordings:resume": (202, None),
}
"""Replies as recorded by Microsoft's live tests."""

GONE = (404, {"error": {"code": "8522", "message": "Call not found."}})


@dataclass
class Cloud:
    """One ACS resource; a test may change its replies."""

    calls: Calls
    asked: list[tuple[str, Json]] = field(default_factory=list)
    """What was asked for, and the body, in order."""
    replies: dict[str, tuple[int, Json | None]] = field(default_factory=lambda: dict(AGREED))
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def is_asked(self, operation: str, times: int = 1) -> None:
        """Wait until a request of its kind has come, and its answer had the time to arrive."""
        while self.operations.count(operation) < times:
            await self.answered.wait()
        await asyncio.sleep(0.1)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]

    def body(self, operation: str) -> Json:
        """The body of the last request of its kind, without what names the operation."""
        body = [body for name, body in self.asked if name == operation][-1]
        return {key: value for key, value in body.items() if key != "operationContext"}

    def context(self, operation: str) -> str:
        return [str(b["operationContext"]) for name, b in self.asked if name == operation][-1]


@asynccontextmanager
async def cloud() -> AsyncIterator[Cloud]:
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)

    async def handle(request: web.Request) -> web.Response:
        operation = _operation(request)
        running.asked.append((operation, orjson.loads(await request.read() or b"{}")))
        running.answered.set()
        running.answered.clear()
        status, content = running.replies[operation]
        if content is None:
            return web.Response(status=status)
        return web.json_response(content, status=status)

    app.router.add_route("*", "/calling/{rest:.*}", handle)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with open_calls(f"http://{host}:{port}", "a2V5") as calls:
            running = Cloud(calls)
            yield running
    finally:
        await runner.cleanup()


def _operation(request: web.Request) -> str:
    """`participants:add`, `hold`, `get`, …: what the path, or else the method, asks for."""
    rest = request.match_info["rest"].removeprefix("callConnections")
    name = rest.removeprefix(f"/{CONNECTION_ID}").removeprefix("/").removeprefix(":")
    name = name.replace("recordings/eyJQ", "recordings")
    if name:
        return name
    return "create" if request.method == "POST" else request.method.lower()
