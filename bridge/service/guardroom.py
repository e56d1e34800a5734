"""The guards of a process, and the keys by which they check tokens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from bridge.service.authority import Authority
from bridge.service.bearer import Bearers, Why
from bridge.service.door_settings import Auth, DoorSettings
from bridge.service.guards import Door, Guards, Sent


@asynccontextmanager
async def open_guards(
    settings: DoorSettings,
    refused: Callable[[Door, Why], None],
    sent: Sent | None = None,
) -> AsyncIterator[Guards]:
    """Make the guards, and keep the keys by which they check tokens up to date meanwhile."""
    async with aiohttp.ClientSession() as session:
        keeping = []

        def bearers(url: str | None, audience: object, *issuers: str) -> Bearers | None:
            if not url or not audience or settings.interlude_auth is Auth.OFF:
                return None
            authority = Authority(session, url, *issuers)
            keeping.append(asyncio.create_task(authority.run()))
            return Bearers(authority, str(audience))

        tenant = settings.eventgrid_tenant_id
        try:
            yield Guards(
                settings,
                refused,
                acs=bearers(settings.acs_openid_config_url, settings.acs_resource_id),
                event_grid=bearers(
                    settings.event_grid_configuration,
                    settings.eventgrid_audience,
                    f"https://sts.windows.net/{tenant}/",  # in version 1 of Entra's tokens
                ),
                operators=bearers(settings.oidc_configuration, settings.interlude_oidc_audience),
                sent=sent,
            )
        finally:
            for task in keeping:
                task.cancel()
            if keeping:
                await asyncio.wait(keeping)
