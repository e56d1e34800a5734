"""Doors for a carrier on this machine: on loopback, and with secrets that nobody else has.

What opens the doors of Azure opens none of these, and the other way round.
"""

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from aiohttp import web
from pydantic import SecretStr

from bridge.acs.calls import Calls
from bridge.service.azure_doors import add_azure_doors
from bridge.service.carrier import Carrier
from bridge.service.door_settings import DoorSettings
from bridge.service.doors import Doors
from bridge.service.guardroom import open_guards
from bridge.service.listening import listening
from bridge.service.parts import CARRIER, GUARDS, METRICS, SOUNDS, SWITCHBOARD, TOKENS
from bridge.service.tokens import Tokens


@asynccontextmanager
async def open_side_doors(
    service: web.Application, calls: Calls, resource_id: str, openid_config_url: str
) -> AsyncIterator[str]:
    """Let calls of another carrier come to `service`; yields where its events go, key and all.

    It proves itself as ACS does, by what it signs for `resource_id`, even where the service asks no
    proof of anybody. Leaving waits for what is still to be done about its calls.
    """
    key = secrets.token_urlsafe(32)
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    settings = DoorSettings.model_construct(  # and not by what the environment has for others
        interlude_public_url=url,
        eventgrid_key=SecretStr(key),
        acs_resource_id=UUID(resource_id),
        acs_openid_config_url=openid_config_url,
    )
    app = web.Application()
    app[SWITCHBOARD] = service[SWITCHBOARD]
    app[SOUNDS] = service[SOUNDS]
    app[TOKENS] = Tokens(secrets.token_hex())
    app[CARRIER] = Carrier(calls, Doors(url, app[TOKENS]), is_softphone=True)
    add_azure_doors(app)
    async with (
        open_guards(settings, service[METRICS].count_refusal) as app[GUARDS],
        listening(app, sock=door),
    ):
        yield f"{url}/acs/events?key={key}"
