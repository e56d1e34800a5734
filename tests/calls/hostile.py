"""Strangers at the doors: what they have seen, and how they try."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bridge.trial import Trial


@dataclass(frozen=True)
class Victim:
    """A call whose URLs a stranger has seen."""

    url: str
    """Of the service."""
    web: aiohttp.ClientSession
    scene: Trial
    callbacks: str
    media: str
    named: Mapping[str, str]
    """The header with the call's connection id."""

    @classmethod
    def of(cls, scene: Trial, web: aiohttp.ClientSession, at: int) -> "Victim":
        """The call that was answered as number `at`."""
        asked = [each for each in scene.acs.requests if each.operation == "answer"][at].body
        media = asked["mediaStreamingOptions"]["transportUrl"]
        named = {"x-ms-call-connection-id": scene.acs.connection_ids[at]}
        return cls(scene.url, web, scene, asked["callbackUri"], media, named)

    @property
    def proof(self) -> dict[str, str]:
        """What only ACS itself can show."""
        return self.scene.acs.proof

    def signed(self, lasts_s: float = 300, **claims: Any) -> dict[str, str]:
        """A token of ACS's for something else."""
        token = self.scene.acs.authority.sign(
            lasts_s, **{"aud": self.scene.acs.resource_id} | claims
        )
        return {"Authorization": f"Bearer {token}"}

    def headed(self, **header: Any) -> dict[str, str]:
        """A token whose header says something else."""
        claims = {
            "iss": self.scene.acs.authority.issuer,
            "aud": self.scene.acs.resource_id,
            "exp": int(time.time()) + 300,
        }
        token = self.scene.acs.authority.token({"alg": "RS256", "kid": "lab"} | header, claims)
        return {"Authorization": f"Bearer {token}"}

    async def asks(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> int:
        """Make a request, and hear the answer."""
        async with self.web.request(
            method, url, data=io.BytesIO(body), headers=headers
        ) as response:
            await response.read()
            return response.status

    async def opens(self, url: str, headers: Mapping[str, str]) -> int:
        """Open a WebSocket, be silent, and see how that ends."""
        try:
            async with self.web.ws_connect(url, headers=headers) as socket:
                while not (await socket.receive()).type.name.startswith("CLOS"):
                    pass
                return socket.close_code or 0
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status

    async def says(self, *pieces: bytes, pause_s: float = 0) -> int:
        """Send bytes, with pauses, and read the status of what comes."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
            line = await reader.readline()
            return int(line.split()[1]) if line else 0
        except ConnectionError:
            return 0
        finally:
            writer.transport.abort()


@dataclass(frozen=True)
class Attack:
    """Something a stranger tries, and how it is to end.

    It tells the status of the answer; 0 is a connection that was cut, 1000 and more the close code
    of a WebSocket.
    """

    name: str
    run: Callable[[Victim], Awaitable[int]]
    may_pass: bool = False
    """It is harmless: it may also be passed over, or be refused by ACS when that is asked."""

    def ends_well(self, status: int) -> bool:
        """Whether the answer is as it is to be."""
        return status in range(400, 500) or status in ((200, 502) if self.may_pass else (0,))
