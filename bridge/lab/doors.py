"""Where a stand-in can be reached."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from ssl import SSLContext

from aiohttp import web


@dataclass(frozen=True)
class Door:
    """An address to listen on, in digits; port 0 stands for any that is free."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: SSLContext | None = None

    @property
    def name(self) -> str:
        """What clients call it: this machine's name, where it listens on every address."""
        address = ip_address(self.host)
        if address.is_unspecified:
            return socket.gethostname()
        return f"[{address}]" if address.version == 6 else self.host  # noqa: PLR2004 - IPv6


async def open_doors(runner: web.AppRunner, doors: Sequence[Door]) -> list[str]:
    """Listen at every door; returns the base URL of each. `OSError` where a port is taken."""
    await runner.setup()
    urls = []
    for door in doors:
        await web.TCPSite(runner, door.host, door.port, ssl_context=door.tls).start()
        scheme = "https" if door.tls else "http"
        urls.append(f"{scheme}://{door.name}:{runner.addresses[-1][1]}")
    return urls
