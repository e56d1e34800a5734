"""The softphone in a real browser: a voice in its microphone, and what comes out of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bridge.audio.pcm import silence
from bridge.lab.speech import Studio, agent_mouth, caller_mouth
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial
from tests.console.browsing import (
    NARROW,
    SCHEMES,
    WIDE,
    Tab,
    a_browser,
    a_tab,
    overflow,
    violations,
)
from tests.console.scene import EDIT_KEY
from tests.console.taps import MICROPHONE_HZ, RATE_HZ, microphone, seconds, taken, tap
from tests.console.test_phone_line import GREETING, LONG, NINE, order_line

pytestmark = pytest.mark.once

LINE = Flows({"line": order_line()})
QUESTION = "Where is my order?"
ANSWER = "It is on its way."
PATIENCE_MS = 15_000


class HeldUp(Exception):
    """The machine could not keep up with the sound, which says nothing about the page."""


@dataclass
class Caller:
    """Somebody at the page."""

    page: Page
    studio: Studio
    scene: Trial
    ear: bytearray = field(default_factory=bytearray)
    """What came out of the loudspeaker."""

    async def calls(self) -> None:
        await self.page.get_by_role("button", name="Call", exact=True).click()
        await self.is_told("Connected.")

    async def is_told(self, words: str) -> None:
        await expect(self.page.get_by_role("status")).to_contain_text(words, timeout=PATIENCE_MS)

    async def lines(self, *, whole: bool = True) -> list[str]:
        """What came out of the loudspeaker, line by line."""
        self.ear += await taken(self.page, "ear")
        heard = await self.studio.recognise(bytes(self.ear), RATE_HZ)
        return [line.text for line in heard if line.complete or not whole]

    async def hears(self, text: str) -> None:
        """Wait until a line comes out of the loudspeaker; a gap may cut it off for our ears."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while text not in await self.lines(whole=False):
                await seconds(self.page, 1)

    async def hangs_up(self) -> None:
        await self.page.get_by_role("button", name="Hang up").click()
        await self.is_told("You hung up.")

    async def was_held_up(self) -> bool:
        """Whether there were gaps in the sound, either way; ends the call."""
        if await self.page.get_by_role("button", name="Hang up").is_enabled():
            await self.hangs_up()
        gaps = [await self.page.locator(each).text_content() for each in ("#gaps", "#mouth-gaps")]
        return gaps != ["0", "0"]


@asynccontextmanager
async def at_the_page(folder: Path, *said: tuple[float, str]) -> AsyncIterator[tuple[Caller, Tab]]:
    """A caller who says lines, each so many seconds after the microphone was opened."""
    studio = Studio()
    for text in (GREETING, ANSWER, LONG, NINE):
        await studio.speak(text, agent_mouth("en-US"))  # now: the engine holds up everything else
    mouth = b""
    for at_s, text in said:
        mouth = mouth.ljust(int(at_s * MICROPHONE_HZ) * 2, b"\0")
        mouth += await studio.speak_at(MICROPHONE_HZ, text, caller_mouth("en-US"))
    flags = microphone(folder / "mic.wav", mouth + silence(60_000, MICROPHONE_HZ))
    async with (
        trial(LINE, studio=studio, interlude_api_key=EDIT_KEY, prompts=True) as scene,
        a_browser(*flags) as browser,
        a_tab(browser, key=EDIT_KEY) as tab,
    ):
        await tap(tab.page)
        await tab.page.goto(f"{scene.url}/console/phone")
        caller = Caller(tab.page, studio, scene)
        try:
            yield caller, tab
        except (AssertionError, TimeoutError) as failure:
            if await caller.was_held_up():
                raise HeldUp from failure
            raise


async def talks(folder: Path) -> None:
    async with at_the_page(folder, (8, "Read me the terms."), (12.5, QUESTION)) as (caller, tab):
        await caller.calls()
        await caller.hears(GREETING)
        await caller.hears(ANSWER)
        await caller.hangs_up()
        said = await caller.page.locator("#said li").all_text_contents()
        assert said[0] == f"agent {GREETING}"
        assert said[-1] == f"agent {ANSWER}"
        record = await caller.scene.record()
        assert caller.scene.voices.sessions[0].heard == ["Read me the terms.", QUESTION]
        assert record.end
        assert (record.end.by, record.barge_ins) == ("caller", 1)
        assert LONG not in await caller.lines(), "what was queued when the caller spoke is dropped"
        assert tab.complaints == []


async def presses(folder: Path) -> None:
    async with at_the_page(folder) as (caller, tab):
        await caller.calls()
        (call,) = caller.scene.app[SWITCHBOARD].in_progress
        follow = caller.page.get_by_role("link", name="Follow")
        await expect(follow).to_have_attribute("href", f"/console/calls/{call.id}")
        await caller.hears(GREETING)
        await caller.page.keyboard.press("9")
        await caller.is_told("The line hung up.")
        assert NINE in await caller.lines(whole=False)
        call_button = caller.page.get_by_role("button", name="Call", exact=True)
        await expect(call_button).to_be_focused()

        await caller.calls()
        await caller.page.get_by_role("button", name="Mute").click()
        await caller.page.get_by_role("button", name="9", exact=True).click()
        await caller.is_told("The line hung up.")
        assert tab.complaints == []


async def is_refused_the_microphone() -> None:
    async with (
        trial(LINE, interlude_api_key=EDIT_KEY) as scene,
        a_browser() as browser,
        a_tab(browser, key=EDIT_KEY) as tab,
    ):
        await tab.page.goto(f"{scene.url}/console/phone")
        caller = Caller(tab.page, Studio(), scene)
        await tab.page.get_by_role("button", name="Call", exact=True).click()
        await caller.is_told("There is no microphone. Connect one, and call again.")


async def looks_right() -> None:
    async with trial(LINE, interlude_api_key=EDIT_KEY) as scene, a_browser() as browser:
        for size in (WIDE, NARROW):
            for scheme in SCHEMES:
                async with a_tab(browser, key=EDIT_KEY, scheme=scheme, size=size) as tab:
                    await tab.page.goto(f"{scene.url}/console/phone")
                    assert await violations(tab.page) == []
                    assert await overflow(tab.page) == 0
                    assert tab.complaints == []


def undisturbed(scene: Callable[[Path], Coroutine[None, None, None]], folder: Path) -> None:
    """Run a scene; once more, if the machine was held up meanwhile."""
    try:
        asyncio.run(scene(folder))
    except HeldUp:
        asyncio.run(scene(folder))


def test_a_voice_in_the_microphone_is_answered_and_may_interrupt(tmp_path: Path) -> None:
    undisturbed(talks, tmp_path)


def test_keys_and_buttons_and_keyboard_reach_the_line(tmp_path: Path) -> None:
    undisturbed(presses, tmp_path)


def test_without_a_microphone_the_page_says_what_to_do() -> None:
    asyncio.run(is_refused_the_microphone())


def test_the_page_has_no_barriers_and_fits_a_telephone() -> None:
    asyncio.run(looks_right())
