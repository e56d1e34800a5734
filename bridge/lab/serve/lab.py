"""Both stand-ins, a tenant that signs for Event Grid, and where all of it is."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from ssl import SSLContext
from uuid import uuid4

from aiohttp import web

from bridge.lab.acs import AcsStandIn
from bridge.lab.doors import Door, open_doors
from bridge.lab.entra import Entra
from bridge.lab.identity import PATH, hand_out
from bridge.lab.serve.certificate import make_identity
from bridge.lab.serve.control import control
from bridge.lab.serve.model import DirectedBrain
from bridge.lab.serve.stage import Stage
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the lab is, and what opens it; `ValueError` where that cannot be."""

    host: str = "127.0.0.1"
    """Address to listen on, in digits."""
    port: int = 8180
    """The first of five: ACS by http and by https, Voice Live by http and by https, the control
    API. With 0, each is any that is free."""
    access_key: str | None = None
    """Of the ACS resource, base64; made where there is none."""
    api_key: str = "lab-key"
    """Of the Voice Live resource."""

    def __post_init__(self) -> None:
        ip_address(self.host)
        if self.access_key:
            b64decode(self.access_key, validate=True)

    def port_of(self, number: int) -> int:
        """Return the port of one of the five, from 0 on."""
        return self.port and self.port + number

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.host).is_loopback


@dataclass(frozen=True)
class Lab:
    """A lab that is open."""

    stage: Stage
    authority_pem: bytes
    """Certificate of the authority that clients are to trust for https."""
    control_url: str


@asynccontextmanager
async def open_lab(place: Place, studio: Studio) -> AsyncIterator[Lab]:
    """Serve until the context is left; `OSError` where a port is taken."""
    names = {"localhost", "127.0.0.1", "::1", Door(place.host).name.strip("[]")}
    identity = make_identity(sorted(names))

    def door(number: int, tls: SSLContext | None = None) -> Door:
        return Door(place.host, place.port_of(number), tls)

    brain, tenant = DirectedBrain(), Entra()
    acs = AcsStandIn(
        studio,
        access_key=place.access_key,
        doors=(door(0), door(1, identity.tls)),
    )
    acs.authority.names[:] = [uuid4().hex]  # whoever knew the keys of a lab before this one asks
    voices = VoiceLiveStandIn(
        studio,
        brain=brain,
        api_key=place.api_key,
        doors=(door(2), door(3, identity.tls)),
    )
    stage = Stage(acs, voices, brain, tenant)
    app = control(stage)
    tenant.serve(app.router)
    app.router.add_get(PATH, hand_out)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(acs)
        await stack.enter_async_context(voices)
        stack.push_async_callback(runner.cleanup)
        (url,) = await open_doors(runner, [door(4)])
        tenant.at(url)
        await asyncio.to_thread(acs.sign, 0)  # makes the key, which takes a tenth of a second
        yield Lab(stage, identity.authority_pem, url)
