"""How long a voice is under way, there and back: browser, line, exchange, and an echo."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from bridge.audio.pcm import silence
from bridge.console.phone_talk import Talk
from bridge.lab.acs import AcsStandIn, Phone
from bridge.lab.doors import Door, open_doors
from bridge.lab.speech import Studio, caller_mouth
from bridge.service.floor.live import LiveDetail
from bridge.trial import trial
from tests.console.browsing import a_browser
from tests.console.scene import EDIT_KEY
from tests.console.taps import MICROPHONE_HZ, RATE_HZ, microphone, seconds, taken, tap
from tests.console.test_phone_line import NUMBER
from tests.console.test_phone_page import LINE
from tests.lab.acs.conftest import Bridge

LOUDEST_MS = 600
"""Beyond this, it is no conversation."""


@asynccontextmanager
async def an_echo(studio: Studio) -> AsyncIterator[str]:
    """A softphone's line to somebody who says what they hear; yields where it is."""
    async with Bridge() as bridge, AcsStandIn(studio) as acs:
        bridge.connect(acs)

        async def watch(_: Phone) -> AsyncIterator[LiveDetail]:
            nothing: tuple[LiveDetail, ...] = ()
            for detail in nothing:
                yield detail

        async def line(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.receive()
            await Talk(socket, await acs.dial(NUMBER), RATE_HZ, watch).run()
            await socket.close()
            return socket

        app = web.Application()
        app.router.add_get("/line", line)
        runner = web.AppRunner(app)
        async with bridge.client:
            await acs.subscribe(bridge.url("events"))
            (url,) = await open_doors(runner, [Door()])
            try:
                yield f"{url}/line"
            finally:
                await runner.cleanup()


async def round_trip_ms(folder: Path) -> float:
    """From the microphone of a page to its loudspeaker, by the sound of both."""
    studio = Studio()
    said = await studio.speak_at(MICROPHONE_HZ, "One, two, three, four.", caller_mouth("en-US"))
    mouth = silence(5_000, MICROPHONE_HZ) + said + silence(20_000, MICROPHONE_HZ)
    async with (
        an_echo(studio) as line,
        trial(LINE, interlude_api_key=EDIT_KEY) as scene,
        a_browser(*microphone(folder / "mic.wav", mouth)) as browser,
    ):
        context = await browser.new_context(
            bypass_csp=True, extra_http_headers={"Authorization": f"Bearer {EDIT_KEY}"}
        )
        page = await context.new_page()
        await tap(page)
        await page.goto(f"{scene.url}/console/phone")
        await page.evaluate("line => { softphone.dataset.line = line; }", line)
        await page.get_by_role("button", name="Call", exact=True).click()
        await seconds(page, 9)
        sounds = [await taken(page, name) for name in ("mouth", "ear")]
        gaps = await page.locator("#gaps").text_content()
        await page.get_by_role("button", name="Hang up").click()
        await context.close()
    print(f"gaps: {gaps}")  # noqa: T201 - a figure
    return later_ms(*sounds)


def later_ms(mouth: bytes, ear: bytes) -> float:
    """By how much the second sound is the first, later."""
    said, heard = (np.frombuffer(sound, "<i2").astype(float) for sound in (mouth, ear))
    size = 1 << (len(said) + len(heard)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    return int(alike[: size // 2].argmax()) * 1000 / RATE_HZ


def test_a_voice_is_back_from_an_echo_while_it_is_a_conversation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there_and_back_ms = asyncio.run(round_trip_ms(tmp_path))
    with capsys.disabled():
        print(f"\nsoftphone, there and back: {there_and_back_ms:.0f} ms")  # noqa: T201 - a figure
    assert 0 < there_and_back_ms < LOUDEST_MS
