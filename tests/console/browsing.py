"""A browser without a window at a real service, and what it says of a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.lab.browser import FLAGS, chromium

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SCHEMES = ("light", "dark")

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


@asynccontextmanager
async def a_browser(*flags: str) -> AsyncIterator[Browser]:
    """Chromium, driven by Playwright."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            await browser.close()


class Tab:
    """One page, and what its console said."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@asynccontextmanager
async def a_tab(
    browser: Browser, *, key: str | None = None, scheme: str = "light", size: dict[str, int] = WIDE
) -> AsyncIterator[Tab]:
    """A page of its own, as a proxy opens it for somebody with a key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        extra_http_headers=headers,
        reduced_motion="reduce",
    )
    try:
        yield Tab(await context.new_page())
    finally:
        await context.close()


async def violations(page: Page) -> list[str]:
    """What axe finds amiss, a line each."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": _RULES}})
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


async def overflow(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, int(wider))
