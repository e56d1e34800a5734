"""Azure Managed Redis, as far as Redis itself can be it: TLS under its name, and users of Entra."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bridge.lab.entra import Entra, entra
from bridge.lab.identity import ManagedIdentity, managed_identity
from tests.doctor.servers import CertificateAuthority
from tests.replicas.redis_server import RedisServer

HOST = "calls.westeurope.redis.azure.net"
PASSWORD = "of-nobody-but-the-test"


class AzuresRedis:
    """A Redis that knows people by their tokens alone."""

    def __init__(self, server: RedisServer, port: int, tenant: Entra, who: ManagedIdentity) -> None:
        self.url = f"rediss://{HOST}:{port}/0"
        self.server, self._tenant = server, tenant
        self.identity = who
        """That of this process."""

    async def issues(self, object_id: str, lasts_s: float = 3600) -> None:
        """From now on, Entra gives this process such a token, by which Redis lets it in."""
        token = self._tenant.sign(lasts_s, aud="https://redis.azure.com", oid=object_id)
        self.identity.token, self.identity.lasts_s = token, lasts_s
        await self._acl("setuser", object_id, "on", f">{token}", "~*", "&*", "+@all")

    async def ends(self, object_id: str) -> None:
        """Its token is over: connections that have shown no newer one are closed, as Azure does."""
        await self._acl("deluser", object_id)

    async def users(self) -> list[tuple[int, str]]:
        """Who is connected over TLS, by connection and object id."""
        async with self.server.client() as client:
            there = await client.client_list()
        return [(int(each["id"]), each["user"]) for each in there if each["user"] != "default"]

    async def _acl(self, *command: str) -> None:
        async with self.server.client() as client:
            await client.execute_command("ACL", *command)  # type: ignore[no-untyped-call]


@asynccontextmanager
async def azures_redis(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AzuresRedis]:
    """Start one that lets nobody in yet; its name leads to it, and this process trusts it."""
    authority = CertificateAuthority(folder)
    authority.issue(HOST)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shown = str(folder / "server.pem")
    server = RedisServer(
        folder,
        *("--bind", "127.0.0.1", "--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", shown, "--tls-key-file", shown),
        *("--tls-ca-cert-file", str(authority.path)),
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    looked_up = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        return looked_up("127.0.0.1" if host in (HOST, HOST.encode()) else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    await server.starts()
    try:
        async with entra() as tenant, managed_identity() as identity:
            async with server.client() as client:
                await client.config_set("requirepass", PASSWORD)
            server.url = server.url.replace("unix://", f"unix://:{PASSWORD}@")
            yield AzuresRedis(server, port, tenant, identity)
    finally:
        await server.is_killed()


def new_id() -> str:
    """An object id."""
    return str(uuid4())
