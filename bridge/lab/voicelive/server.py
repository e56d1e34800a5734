"""The service's front door: a WebSocket server on loopback."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from aiohttp import web

from bridge.lab.doors import Door, open_doors
from bridge.lab.speech import Ears, Studio
from bridge.lab.voicelive import defaults
from bridge.lab.voicelive.brain import Brain, RuleBrain
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.happening import Happening
from bridge.lab.voicelive.session import Session
from bridge.lab.voicelive.switches import Switches
from bridge.lab.voicelive.wire import Refusal, Wire

API_VERSIONS = (
    "2025-05-01-preview",
    "2025-10-01",
    "2026-01-01-preview",
    "2026-04-10",
    "2026-06-01-preview",
    "2026-07-15",
    "2026-07-31-preview",
)
_GOING_AWAY = 1001
_POLICY_VIOLATION = 1008
_MAX_EVENT_BYTES = 15 * 1024 * 1024


class VoiceLiveStandIn:
    """Azure Voice Live, as far as one telephone line can tell; an async context manager."""

    def __init__(
        self,
        studio: Studio,
        *,
        brain: Brain | None = None,
        ears: Ears | None = None,
        switches: Switches = Switches(),  # noqa: B008 - frozen
        api_key: str = "lab-key",
        doors: Sequence[Door] = (Door(),),
    ) -> None:
        """Speak by `studio`, and understand callers by `ears`, which are the studio's if not given.

        A caller who is no voice of the studio takes other ears. It is reached at `doors`, the first
        of which is the `endpoint`.
        """
        self.endpoint = ""
        """Base URL for a client, once entered."""
        self.endpoints: list[str] = []
        """URLs of all doors, in their order."""
        self.api_key = api_key
        self.sessions: list[Session] = []
        """Every session ever opened, oldest first."""
        self.switches = switches
        """May be replaced; sessions opened later obey."""
        self._studio = studio
        self._ears = ears or studio
        self._brain = brain or RuleBrain()
        self._listeners: list[Callable[[Happening], None]] = []
        app = web.Application()
        app.router.add_get("/voice-live/realtime", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        self._doors = doors

    async def __aenter__(self) -> Self:
        self.endpoints = await open_doors(self._runner, self._doors)
        self.endpoint = self.endpoints[0]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in self.sessions:
            if session.open:
                await session.closes(_GOING_AWAY)
        await self._runner.cleanup()

    def watch(self, listener: Callable[[Happening], None]) -> None:
        """Call `listener` with every happening of every session, as it happens."""
        self._listeners.append(listener)

    def _tell(self, session_id: str, kind: str, text: str) -> None:
        happening = Happening(asyncio.get_running_loop().time(), kind, text, session_id)
        for listener in self._listeners:
            listener(happening)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        switches = self.switches
        await asyncio.sleep(switches.handshake_s)
        if switches.handshake is not None:
            return web.Response(status=switches.handshake)
        self._admit(request)
        ws = web.WebSocketResponse(max_msg_size=_MAX_EVENT_BYTES)
        await ws.prepare(request)
        model, agent = request.query.get("model"), request.query.get("agent-name")
        try:
            pipeline = self._pipeline(model, agent, request.query.get("profile"))
        except Refusal as refusal:
            await Wire(ws, switches, partial(self._tell, "")).refuse(refusal)
            await ws.close(code=_POLICY_VIOLATION)
            return ws
        expires_at = int(time.time() + switches.session_s)
        initial = defaults.session(pipeline, model, agent, expires_at)
        session = Session(
            (request, ws),
            pipeline,
            initial,
            brain=self._brain,
            studio=self._studio,
            ears=self._ears,
            switches=switches,
            tell=partial(self._tell, initial["id"]),
        )
        self.sessions.append(session)
        await session.run()
        return ws

    def _admit(self, request: web.Request) -> None:
        """Let the upgrade happen, or raise an HTTP error."""
        query = request.query
        if query.get("api-version") not in API_VERSIONS:
            raise web.HTTPBadRequest(text="Missing or unsupported api-version")
        if "agent-name" in query and "agent-project-name" not in query:
            raise web.HTTPBadRequest(text="Missing required parameter: agent-project-name")
        if "model" not in query and "agent-name" not in query:
            raise web.HTTPBadRequest(text="Missing required parameter: model")
        shown = request.headers.get("Authorization") or query.get("authorization", "")
        token = shown.removeprefix("Bearer ")
        key = request.headers.get("api-key") or query.get("api-key")
        if not token and ("agent-name" in query or key != self.api_key):
            raise web.HTTPUnauthorized(text="Access denied")

    def _pipeline(self, model: str | None, agent: str | None, profile: str | None) -> Pipeline:
        if agent is None:
            return Pipeline.of(model or "", profile)
        if self.switches.agents and agent not in self.switches.agents:
            raise Refusal("agent_initialization_failed", f"Agent {agent} was not found.")
        return Pipeline.AGENT
