"""`interlude console`: the console and its softphone on this machine, as a process of its own."""

import asyncio
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType

from bridge.console.phone import CALLER
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from tests.test_cli import FLOW, environment, interlude

WITHOUT_THE_EXTRA = """
import sys
for module in ("py_nanotts", "webrtcvad", "matplotlib", "yaml"):
    sys.modules[module] = None
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    (tmp_path / "hello.py").write_text(FLOW.format(imports="Callflow", more=""))
    return tmp_path


@asynccontextmanager
async def a_desk(flows: Path, **changes: str) -> AsyncIterator[tuple[Process, str]]:
    """A console that has told where it is, and where that is."""
    changes = {"VOICELIVE_ENDPOINT": "", "VOICELIVE_API_KEY": "", **changes}
    desk = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "console", "--port", "0"),
        env=environment(flows, **changes),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert desk.stdout
    try:
        told = b""
        while b"Voice Live:" not in told:
            line = await desk.stdout.readline()
            assert line, await desk.communicate()
            told += line
        yield desk, told.decode()
        desk.send_signal(signal.SIGINT)
        out, err = await desk.communicate()
        assert (desk.returncode, err) == (0, b""), out
    finally:
        if desk.returncode is None:
            desk.terminate()
            await desk.communicate()


def url(told: str, name: str) -> str:
    found = re.search(rf"{name}: +(http\S+)", told)
    assert found, told
    return found[1]


async def call(told: str) -> None:
    """Talk to the line by nobody's leave, until it is connected."""
    softphone = url(told, "Softphone")
    async with ClientSession() as session:
        async with session.get(softphone) as page:
            assert "hello · +18005550101" in await page.text()
        origin = softphone.removesuffix("/console/phone")
        async with session.ws_connect(f"{softphone}/line", origin=origin) as line:
            await line.send_json({"dial": "+18005550101", "caller": CALLER, "rate_hz": 24_000})
            told_by_it = [await line.receive() for _ in range(100)]
    texts = [message.json() for message in told_by_it if message.type is WSMsgType.TEXT]
    assert [text["state"] for text in texts if "state" in text] == ["ringing", "connected"]
    assert sum(message.type is WSMsgType.BINARY for message in told_by_it) > 80


async def offline(flows: Path) -> None:
    async with asyncio.timeout(60), a_desk(flows) as (_, told):
        assert "Voice Live: the lab's" in told
        await call(told)


async def against(flows: Path) -> None:
    async with (
        asyncio.timeout(60),
        VoiceLiveStandIn(Studio()) as voices,
        a_desk(flows, VOICELIVE_ENDPOINT=voices.endpoint, VOICELIVE_API_KEY=voices.api_key) as (
            _,
            told,
        ),
    ):
        assert f"Voice Live: {voices.endpoint}" in told
        await call(told)
        assert voices.sessions


def test_the_console_opens_without_an_account_and_takes_calls(flows: Path) -> None:
    asyncio.run(offline(flows))


def test_with_an_endpoint_the_lines_speak_by_that_voice_live(flows: Path) -> None:
    asyncio.run(against(flows))


def test_an_agent_with_a_key_is_refused(flows: Path) -> None:
    led = FLOW.format(imports="Agent, Callflow", more="agent=Agent('a', 'p')")
    (flows / "hello.py").write_text(led)
    real = {"VOICELIVE_ENDPOINT": "http://127.0.0.1:9", "VOICELIVE_API_KEY": "k"}
    done = interlude("console", env=environment(flows, **real))
    assert done.returncode == 2
    assert "Unset VOICELIVE_API_KEY: hello is led by an agent" in done.stderr


def test_a_port_that_is_taken_is_told(flows: Path) -> None:
    async def second() -> None:
        async with a_desk(flows) as (_, told):
            port = url(told, "Console").split(":")[2].split("/")[0]
            other = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bridge", "console", "--port", port),
                env=environment(flows, VOICELIVE_ENDPOINT=""),
                stderr=PIPE,
            )
            _, err = await other.communicate()
            assert other.returncode == 2
            assert f"The console cannot open on port {port}" in err.decode()

    asyncio.run(second())


def test_the_softphone_needs_nothing_that_a_container_has_not() -> None:
    code = f"{WITHOUT_THE_EXTRA}import bridge.console.phone, bridge.cli"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603 - ours
