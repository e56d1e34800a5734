"""A browser without a window, for what only a browser can tell of a page."""

import asyncio
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)
"""How it is started here, whoever drives it."""
_DRIVEN_BY_US = ("--headless", "--remote-debugging-port=0")
_EVENTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


def chromium() -> str:
    """Path of the browser; without one the test is skipped, or fails where CI is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        reason = "no chromium on the path: the pages are not looked at in a browser"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


class Tab:
    """One page, open."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._commands = 0
        self.complaints: list[Any] = []
        """What the page wrote to the console, on purpose or not."""

    async def command(self, method: str, **params: Any) -> Any:
        """Have the browser do something, and return its answer."""
        self._commands += 1
        await self._socket.send_json({"id": self._commands, "method": method, "params": params})
        while True:
            message = await self._socket.receive_json()
            if message.get("method") in _EVENTS:
                self.complaints.append(message)
            if message.get("id") == self._commands:
                return message["result"]

    async def value(self, expression: str) -> Any:
        """What an expression, or the promise it makes, comes to."""
        answer = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer["result"].get("value")

    async def open(self, page: Path) -> None:
        """Load a page, to its end."""
        for domain in ("Page", "Runtime", "Log"):
            await self.command(f"{domain}.enable")
        await self.command("Page.navigate", url=page.as_uri())
        loaded = "new Promise(done => document.readyState === 'complete' ? done() : onload = done)"
        await self.value(loaded)


@asynccontextmanager
async def a_tab() -> AsyncIterator[Tab]:
    """A browser of its own, with one page in it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = await asyncio.create_subprocess_exec(
            *(chromium(), *FLAGS, *_DRIVEN_BY_US, f"--user-data-dir={profile}", "about:blank"),
            stdout=DEVNULL,
            stderr=PIPE,
        )
        assert browser.stderr
        try:
            async with aiohttp.ClientSession() as session:
                url = await _debugger(browser.stderr)
                async with session.get(f"{url}/json") as answer:
                    (target,) = [t for t in await answer.json() if t["type"] == "page"]
                address = target["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            browser.terminate()
            await browser.communicate()


async def _debugger(said: asyncio.StreamReader) -> str:
    async for line in said:
        if port := re.search(rb"DevTools listening on ws://127.0.0.1:(\d+)/", line):
            return f"http://127.0.0.1:{port[1].decode()}"
    raise AssertionError("the browser did not start")
