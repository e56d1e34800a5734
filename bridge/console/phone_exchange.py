"""A telephone exchange in this process, for one call: the lab's stand-in for ACS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

from aiohttp import web

from bridge.acs.calls import open_calls
from bridge.lab.acs import AcsStandIn, Colleague
from bridge.lab.speech import Studio
from bridge.service.side_doors import open_side_doors

_KEPT_S = 5
"""How much of a call's sound is kept: nobody asks for it afterwards."""


@asynccontextmanager
async def open_exchange(service: web.Application) -> AsyncIterator[AcsStandIn]:
    """Run an exchange whose calls come to this very process, whatever other replicas there are.

    Its keys are made for it, and with it they are gone. Whoever is asked to join a call joins it.
    """
    async with AcsStandIn(Studio(), kept_s=_KEPT_S) as acs:
        await asyncio.to_thread(acs.sign, 0)  # the first makes the key: a tenth of a second
        async with (
            open_calls(acs.endpoint, acs.access_key) as calls,
            open_side_doors(
                service, calls, acs.resource_id, acs.authority.configuration_url
            ) as events_url,
        ):
            await acs.subscribe(events_url)
            joining = asyncio.create_task(_join(acs))
            try:
                yield acs
            finally:
                joining.cancel()
                await asyncio.wait({joining})


async def _join(acs: AcsStandIn) -> NoReturn:
    """Be every colleague: answer, listen to what the call is about, and take it."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(_take(await acs.any_colleague()))


async def _take(colleague: Colleague) -> None:
    await colleague.answered()
    await colleague.pauses()
    await colleague.presses("1")
