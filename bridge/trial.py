"""The service and the lab on loopback: whole calls without an account or a telephone."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web

from bridge.call.record import Record
from bridge.console.app import add_console
from bridge.flow.call import Call
from bridge.flow.callflow import Callflow
from bridge.lab import acs as lab_acs
from bridge.lab import voicelive as lab_voicelive
from bridge.lab.identity import managed_identity
from bridge.lab.speech import Ears, Studio
from bridge.service.app import build_app, log_record
from bridge.service.flows import Flows
from bridge.service.listening import listening
from bridge.service.parts import LINES, PROMPTS, SWITCHBOARD, VOICES
from bridge.service.settings import load_settings

_KEY = "lab-event-grid-key"
READ_KEY = "lab-read-key-0123456789abcdef0123"
"""Opens what operators may read."""


@dataclass
class Trial:
    """A running service between two stand-ins."""

    acs: lab_acs.AcsStandIn
    voices: lab_voicelive.VoiceLiveStandIn
    app: web.Application
    url: str
    reports: asyncio.Queue[Record]

    def open_line(self, flow: Callflow) -> None:
        """Let it be a time at which the line is open: the next, if it is closed now."""
        admission, hours = self.app[SWITCHBOARD].admission, flow.hours
        if hours and not hours.at(admission.now()):
            opens = hours.opens_after(admission.now())
            admission.now = lambda: opens or datetime.now(UTC)

    async def record(self) -> Record:
        """What the next call to end, or the first to have ended, leaves behind."""
        return await self.reports.get()


@asynccontextmanager
async def trial(
    flows: Flows,
    *,
    acs_switches: lab_acs.Switches | None = None,
    voice_switches: lab_voicelive.Switches | None = None,
    brain: lab_voicelive.Brain | None = None,
    studio: Studio | None = None,
    ears: Ears | None = None,
    prompts: bool = False,
    port: int = 0,
    **settings: Any,
) -> AsyncIterator[Trial]:
    """Start both stand-ins and the service, subscribed to calls; leaving ends every call.

    Voice Live understands callers by `ears`, the studio's if not given.

    With `prompts`, the flows' fixed texts are rendered first, as `interlude render` does. The
    service is at `port`, or at any that is free. Further `settings` of the service go by the names
    of their fields.
    """
    studio = studio or Studio()
    async with AsyncExitStack() as stack:
        acs = await stack.enter_async_context(
            lab_acs.AcsStandIn(studio, switches=acs_switches or lab_acs.Switches())
        )
        voices = await stack.enter_async_context(
            lab_voicelive.VoiceLiveStandIn(
                studio,
                brain=brain,
                ears=ears,
                switches=voice_switches or lab_voicelive.Switches(),
            )
        )
        agents = any(flow.agent for flow in flows.by_name.values())
        if agents and "voicelive_endpoint" not in settings:
            await stack.enter_async_context(managed_identity())
        door = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ours = {
            "interlude_public_url": url,
            "interlude_numbers": None,
            "interlude_secret": None,
            "interlude_api_key": None,
            "interlude_read_key": READ_KEY,
            "interlude_webhook_url": None,
            "interlude_webhook_secret": None,
            "interlude_outbox": folder / "outbox",
            "interlude_flights": None,
            "interlude_flights_sound": False,
            "interlude_prompts": folder / "prompts",
            "interlude_sessions_a_minute": 0,  # the lab has no quota
            "eventgrid_key": _KEY,
            "acs_resource_id": acs.resource_id,
            "acs_openid_config_url": acs.authority.configuration_url,
            "acs_connection_string": None,
            "acs_endpoint": acs.endpoint,
            "acs_access_key": acs.access_key,
            "voicelive_endpoint": voices.endpoint,
            "voicelive_api_key": None if agents else voices.api_key,
        }
        reports: asyncio.Queue[Record] = asyncio.Queue()

        def report(call: Call, record: Record) -> None:
            log_record(call, record)
            reports.put_nowait(record)

        app = build_app(
            load_settings(**ours | settings), flows, report=report, extras=(add_console,)
        )
        await stack.enter_async_context(listening(app, sock=door))
        stack.push_async_callback(app[SWITCHBOARD].drain)
        stack.callback(app[SWITCHBOARD].end_all)
        if prompts:
            for _, flow in app[LINES].current.all:
                await app[PROMPTS].render(flow, app[VOICES])
            voices.sessions.clear()
        await acs.subscribe(f"{url}/acs/events?key={_KEY}")
        yield Trial(acs, voices, app, url, reports)
