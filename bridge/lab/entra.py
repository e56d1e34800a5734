"""Microsoft Entra, as far as it signs: tokens for Event Grid's deliveries and for operators."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from aiohttp import web

from bridge.lab.signing import Authority

EVENT_GRID = {
    "appid": "4962773b-9cdb-44cf-a8bf-237846a00ab7",
    "roles": ["AzureEventGridSecureWebhookSubscriber"],
}
"""What a token for Event Grid claims: its application, the role; Microsoft's page on secure webhook
delivery. That of version 1 has `appid`, that of version 2 `azp`."""


class Entra(Authority):
    """One tenant."""

    def __init__(self) -> None:
        self.tenant = str(uuid4())
        super().__init__(
            f"/{self.tenant}/v2.0/.well-known/openid-configuration",
            f"/{self.tenant}/discovery/v2.0/keys",
        )

    def at(self, url: str) -> None:
        """Be reached at this URL, and sign by the tenant's name."""
        super().at(url)
        self.host = url
        """What `AZURE_AUTHORITY_HOST` is to be."""
        self.issuer = f"{url}/{self.tenant}/v2.0"


@asynccontextmanager
async def entra() -> AsyncIterator[Entra]:
    """Serve a tenant on loopback."""
    tenant = Entra()
    app = web.Application()
    tenant.serve(app.router)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        tenant.at(f"http://{host}:{port}")
        yield tenant
    finally:
        await runner.cleanup()
