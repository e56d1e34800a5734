"""The whole way of a wording: changed, heard before, published, heard on the line, taken back."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bridge.audio.pcm import silence
from bridge.lab.speech import Studio, agent_mouth, caller_mouth
from bridge.service.flows import load_flows
from bridge.service.parts import LINES, PROMPTS
from bridge.trial import Trial, trial
from tests.console.browsing import a_browser, a_tab
from tests.console.scene import EDIT_KEY
from tests.console.taps import MICROPHONE_HZ, microphone, tap
from tests.console.test_in_a_browser import FILE, NUMBER, PATH, opened
from tests.console.test_phone_page import Caller, HeldUp, undisturbed

pytestmark = pytest.mark.once

WORDS = "Bear with me, I ask the warehouse."
QUESTION = "Where is order four two seven one?"
GREETING = "Thanks for calling Contoso. How can I help?"
AFTER_S = 7
"""From the opening of the microphone, which hears its file once, to the question."""


async def publishes(page: Page, scene: Trial) -> None:
    """Change the lines of waits, hear them, and have them serve."""
    await page.get_by_label("First lines").fill(WORDS)
    await page.get_by_label("First lines").blur()
    await page.get_by_role("button", name="Play what the caller will hear").click()
    await page.locator("audio").wait_for()
    assert scene.app[LINES].serving.number == 1, "nothing is published by listening"
    await page.locator(".publish-bar button").click()
    await page.get_by_role("button", name="Publish to all callers").click()
    await page.get_by_text("Published: it holds from the next call on.").wait_for()


async def rolls_back(page: Page, scene: Trial) -> None:
    await page.goto(f"{scene.url}/console/versions/1")
    await page.get_by_role("button", name="Go back to this version…").click()
    await page.get_by_role("button", name="Go back", exact=True).click()
    await page.get_by_text("serves again").wait_for()


async def edits_and_listens(folder: Path) -> None:
    file = folder / "numbers.toml"
    file.write_text(FILE)
    studio = Studio()
    for text in (GREETING, WORDS):
        await studio.speak(text, agent_mouth("en-US"))
    mouth = bytes(AFTER_S * MICROPHONE_HZ * 2)
    mouth += await studio.speak_at(MICROPHONE_HZ, QUESTION, caller_mouth("en-US"))
    flags = microphone(folder / "mic.wav", mouth + silence(60_000, MICROPHONE_HZ))
    async with (
        trial(
            load_flows("callflows"),
            studio=studio,
            interlude_api_key=EDIT_KEY,
            interlude_numbers=file,
            prompts=True,
        ) as scene,
        a_browser(*flags) as browser,
        a_tab(browser, key=EDIT_KEY) as tab,
    ):
        page = await opened(tab, scene, PATH)
        await publishes(page, scene)
        flow = scene.app[LINES].current.answering(NUMBER)
        assert flow
        assert scene.app[PROMPTS].clip(flow, WORDS), "what was heard before is kept for callers"

        await tap(page)
        await page.goto(f"{scene.url}/console/phone")
        await page.locator("#number").select_option(NUMBER)
        caller = Caller(page, studio, scene)
        try:
            await caller.calls()
            await caller.hears(GREETING)
            await caller.hears(WORDS)
            await caller.hangs_up()
        except (AssertionError, TimeoutError) as failure:
            if await caller.was_held_up():
                raise HeldUp from failure
            raise
        record = await scene.record()
        assert (record.flow, record.version) == ("order_status", 2)

        await rolls_back(page, scene)
        assert file.read_text() == FILE
        assert scene.app[LINES].serving.number == 3
        await page.goto(f"{scene.url}{PATH}")
        await expect(page.get_by_label("First lines")).not_to_have_value(WORDS)
        assert tab.complaints == []


def test_a_new_wording_is_heard_on_the_softphone_and_taken_back(tmp_path: Path) -> None:
    undisturbed(edits_and_listens, tmp_path)
