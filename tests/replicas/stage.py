"""Several services in this process, one in front of them, and both clouds around."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from bridge import Callflow
from bridge.call.record import Record
from bridge.console.app import add_console
from bridge.flow.call import Call
from bridge.lab.acs import AcsStandIn, Switches
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.service.app import build_app, log_record
from bridge.service.flows import Flows
from bridge.service.listening import listening
from bridge.service.parts import FLEET, PROMPTS, SWITCHBOARD, VOICES
from bridge.service.settings import load_settings
from tests.replicas.people import SECRET, until
from tests.replicas.proxy import Proxy

EVENTGRID_KEY = "event-grid-key-of-the-lab"
API_KEY = "operators-key-0123456789abcdef0123"
READ_KEY = "readers-key-0123456789abcdef012345"


SOON = Switches(media_delay_s=0.1, transfer_rings_s=0.3)
"""A telephone network in a hurry, for tests that do not look at it."""


@dataclass
class Stage:
    acs: AcsStandIn
    voices: VoiceLiveStandIn
    proxy: Proxy
    apps: list[web.Application]
    urls: list[str]
    reports: list[tuple[int, Call, Record]]
    """Which replica reported what, in order."""

    async def know_each_other(self) -> None:
        """Wait until each has heard from Redis of all others."""
        others = len(self.apps) - 1
        for app in self.apps:
            app[FLEET].stirred.set()
        await until(lambda: all(len(app[FLEET].neighbours) == others for app in self.apps))

    async def reported(self, count: int) -> None:
        """Wait for so many reports, and a moment for one too many."""
        await until(lambda: len(self.reports) >= count, 30)
        await asyncio.sleep(0.2)

    async def is_up(self, *, redis: bool = True) -> None:
        """Wait until all know how Redis is."""
        await until(lambda: all(app[FLEET].desk.store.is_up is redis for app in self.apps), 30)


def variables(acs: AcsStandIn, voices: VoiceLiveStandIn, url: str) -> dict[str, Any]:
    """Settings of every replica, by the names of their fields."""
    return {
        "interlude_public_url": url,
        "interlude_host": "127.0.0.1",
        "interlude_secret": SECRET,
        "interlude_api_key": API_KEY,
        "interlude_read_key": READ_KEY,
        "interlude_sessions_a_minute": 0,
        "eventgrid_key": EVENTGRID_KEY,
        "acs_resource_id": acs.resource_id,
        "acs_openid_config_url": acs.authority.configuration_url,
        "acs_endpoint": acs.endpoint,
        "acs_access_key": acs.access_key,
        "voicelive_endpoint": voices.endpoint,
        "voicelive_api_key": voices.api_key,
    }


@asynccontextmanager
async def stage(
    flow: Callflow,
    redis_url: str,
    folder: Path,
    *,
    replicas: int = 2,
    switches: Switches | None = None,
    prompts: bool = False,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """Replicas of a service for one flow, all joined; the proxy sends everything to the first.

    With `prompts`, each has the flow's fixed texts rendered.
    """
    studio = Studio()
    async with AsyncExitStack() as stack:
        acs = await stack.enter_async_context(AcsStandIn(studio, switches=switches or Switches()))
        voices = await stack.enter_async_context(VoiceLiveStandIn(studio))
        proxy = await stack.enter_async_context(Proxy(SECRET, lambda _, __: urls[0]))
        urls: list[str] = []
        apps: list[web.Application] = []
        reports: list[tuple[int, Call, Record]] = []
        for number in range(replicas):
            door = socket.create_server(("127.0.0.1", 0))
            port = door.getsockname()[1]
            own = {
                "interlude_port": port,
                "interlude_prompts": folder / "prompts",
                "redis_url": redis_url,
            }

            def report(call: Call, record: Record, number: int = number) -> None:
                log_record(call, record)
                reports.append((number, call, record))

            loaded = load_settings(**variables(acs, voices, proxy.url) | own | settings)
            flows = Flows({"line": flow}, folder)
            app = build_app(loaded, flows, report=report, extras=[add_console])
            await stack.enter_async_context(listening(app, sock=door))
            stack.push_async_callback(app[SWITCHBOARD].drain)
            stack.callback(app[SWITCHBOARD].end_all)
            if prompts:
                await app[PROMPTS].render(flow, app[VOICES])
            apps.append(app)
            urls.append(f"http://127.0.0.1:{port}")
        await acs.subscribe(f"{proxy.url}/acs/events?key={EVENTGRID_KEY}")
        running = Stage(acs, voices, proxy, apps, urls, reports)
        await running.is_up()
        yield running
