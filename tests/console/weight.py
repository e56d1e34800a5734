"""How much a page takes on its way to the browser, with all that it asks for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page


@dataclass
class Weight:
    """What was sent to a page, headers included; of streams, what has come so far."""

    whole: dict[str, int] = field(default_factory=dict)
    """Bytes by request, of those that are complete."""
    parts: dict[str, int] = field(default_factory=dict)
    """The same of all, without packing."""

    @property
    def bytes(self) -> int:
        """All of it."""
        return sum(self.whole.get(each, size) for each, size in self.parts.items())

    @property
    def requests(self) -> int:
        """How many there were."""
        return len(self.parts)


@asynccontextmanager
async def weighed(page: Page) -> AsyncIterator[Weight]:
    """Weigh what comes meanwhile."""
    weight = Weight()
    session = await page.context.new_cdp_session(page)

    def finished(event: Mapping[str, Any]) -> None:
        weight.whole[event["requestId"]] = int(event["encodedDataLength"])

    def received(event: Mapping[str, Any]) -> None:
        now = weight.parts.get(event["requestId"], 0)
        weight.parts[event["requestId"]] = now + int(event["dataLength"])

    session.on("Network.loadingFinished", finished)
    session.on("Network.dataReceived", received)
    await session.send("Network.enable")
    yield weight
