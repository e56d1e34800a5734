"""The console as a browser has it: for everybody, on a telephone, by keyboard, and by ear."""

import asyncio
import base64
import io
import wave
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bridge.audio.pcm import level_dbfs
from bridge.flow.call import Call
from bridge.lab.acs.phone import Phone
from bridge.lab.hearing import Recording, narrowed
from bridge.service.admission import Answer
from bridge.service.flows import load_flows
from bridge.service.parts import CARRIER, LINES, PROMPTS, SWITCHBOARD
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
from tests.console.scene import EDIT_KEY, READ_KEY
from tests.console.weight import weighed
from tests.lab.browser import chromium

pytestmark = pytest.mark.once

NUMBER = "+18005550100"
PATH = "/console/numbers/%2B18005550100"
FILE = f'[numbers."{NUMBER}"]\nflow = "order_status"\n'
HEAVIEST = 150_000
"""Bytes that a page may take on its way, with all that it asks for."""
PAGES = ("/console/numbers", PATH, "/console/versions", "/console/versions/1", "/console/history",
         "/console/audit", "/console/service", "/console/nowhere")  # fmt: skip

PLAYS = """async () => {
  const sound = document.querySelector("audio"), context = new AudioContext();
  const meter = new AnalyserNode(context, {fftSize: 2048}), samples = new Float32Array(2048);
  const source = new MediaElementAudioSourceNode(context, {mediaElement: sound});
  source.connect(meter).connect(context.destination);
  sound.currentTime = 0.7;
  await sound.play();
  let loudest = 0;
  while (sound.currentTime < 1.5) {
    await new Promise((next) => setTimeout(next, 50));
    meter.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples.map(Math.abs));
  }
  sound.pause();
  const blob = await (await fetch(sound.src)).blob();
  const reader = new FileReader();
  return new Promise((done) => {
    reader.onload = () => done([loudest, reader.result.split(",")[1]]);
    reader.readAsDataURL(blob);
  });
}"""
"""How loud the page's own player gets, and all of what it plays."""


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Trial]:
    file = folder / "numbers.toml"
    file.write_text(FILE)
    async with trial(
        load_flows("callflows"), interlude_api_key=EDIT_KEY, interlude_numbers=file
    ) as running:
        yield running


def in_real_time(work: Callable[..., Coroutine[Any, Any, None]], *given: Any) -> None:
    """A browser has a clock of its own, so the service has the same."""
    chromium()

    async def bounded() -> None:
        async with asyncio.timeout(150):
            await work(*given)

    asyncio.run(bounded())


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_has_a_barrier_is_too_wide_or_complains(
    tmp_path: Path, scheme: str, size: dict[str, int]
) -> None:
    async def look() -> None:
        async with (
            served(tmp_path) as scene,
            a_browser() as browser,
            a_tab(browser, key=EDIT_KEY, scheme=scheme, size=size) as tab,
        ):
            phone = await scene.acs.dial(NUMBER)
            await phone.answered()
            call = f"/console/calls/{scene.app[SWITCHBOARD].in_progress[0].id}"
            for path in ("/console", call, *PAGES):
                await opened(tab, scene, path)
                assert await violations(tab.page) == [], path
                assert await overflow(tab.page) == 0, path
            assert [each for each in tab.complaints if "404" not in each] == []

    in_real_time(look)


def test_what_readers_see_has_no_barrier_either(tmp_path: Path) -> None:
    async def look() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            phone = await scene.acs.dial(NUMBER)
            await phone.answered()
            call = f"/console/calls/{scene.app[SWITCHBOARD].in_progress[0].id}"
            await phone.hangs_up()
            await scene.record()
            async with a_tab(browser, key=READ_KEY, size=NARROW) as tab:
                for path in (call.replace("calls", "history"), PATH):
                    await opened(tab, scene, path)
                    assert await violations(tab.page) == [], path
                    assert await overflow(tab.page) == 0, path

    in_real_time(look)


async def opened(tab: Tab, scene: Trial, path: str) -> Page:
    await tab.page.goto(f"{scene.url}{path}")
    await tab.page.wait_for_load_state("load")
    return tab.page


def test_two_hundred_calls_weigh_little_and_are_there_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def look() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            board = scene.app[SWITCHBOARD]
            flow = scene.app[LINES].current.named("order_status")
            calls = [Call(f"{n:016x}", f"+1425555{n:04}", NUMBER, "") for n in range(200)]
            for call in calls:
                board._register.expect(
                    call, Answer(flow), scene.app[LINES].serving, scene.app[CARRIER]
                )
            async with a_tab(browser, key=EDIT_KEY) as tab, weighed(tab.page) as weight:
                began_s = perf_counter()
                await tab.page.goto(f"{scene.url}/console")
                await tab.page.locator("#calls a").last.wait_for()
                usable_s = perf_counter() - began_s
                assert await tab.page.locator("#calls tr").count() == 200
                board._register.forget(calls[0])
                await expect(tab.page.locator("#calls tr")).to_have_count(199)
                elements = await tab.page.evaluate("document.querySelectorAll('*').length")
                assert tab.complaints == []
            for call in calls[1:]:
                board._register.forget(call)
            with capsys.disabled():
                print(  # noqa: T201 - a figure of the run
                    f"\nconsole: 200 calls, usable after {usable_s * 1000:.0f} ms, "
                    f"{weight.bytes / 1000:.0f} kB in {weight.requests} requests, "
                    f"{elements} elements"
                )
            assert weight.bytes < HEAVIEST
            assert weight.requests <= 8
            assert elements < 5_000

    in_real_time(look)


def test_no_other_page_is_heavier_than_it_may_be(tmp_path: Path) -> None:
    async def look() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            for path in PAGES:
                async with a_tab(browser, key=EDIT_KEY) as tab, weighed(tab.page) as weight:
                    await opened(tab, scene, path)
                assert 1_000 < weight.bytes < HEAVIEST, path

    in_real_time(look)


def test_a_wording_is_changed_heard_published_and_taken_back(tmp_path: Path) -> None:
    words = "Bear with me, I ask the warehouse."

    async def change() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            async with a_tab(browser, key=EDIT_KEY) as tab:
                page = await opened(tab, scene, PATH)
                await page.get_by_label("First lines").fill(words)
                await page.get_by_label("First lines").blur()
                await page.locator("#picture", has_text=words).wait_for()
                await page.get_by_role("button", name="Play what the caller will hear").click()
                await page.locator("audio").wait_for()
                loudest, sound = await page.evaluate(PLAYS)
                assert loudest > 0.02
                assert_heard(scene, base64.b64decode(sound), words)
                assert scene.app[LINES].serving.number == 1
                await page.locator(".publish-bar button").click()
                await page.get_by_label("Why, for those who look later").fill("Warmer")
                await page.get_by_role("button", name="Publish to all callers").click()
                await page.get_by_text("Published: it holds from the next call on.").wait_for()
                phone = await a_caller(scene)
                await page.goto(f"{scene.url}/console")
                await page.locator("#calls a").click()
                await asked(phone, page.locator("#said", has_text=words))
                await phone.hangs_up()
                await page.goto(f"{scene.url}/console/versions/1")
                await page.get_by_role("button", name="Go back to this version…").click()
                await page.get_by_role("button", name="Go back", exact=True).click()
                await page.get_by_text("serves again").wait_for()
                assert (tmp_path / "numbers.toml").read_text() == FILE
                assert tab.complaints == []
            await scene.record()

    in_real_time(change)


def assert_heard(scene: Trial, wav: bytes, words: str) -> None:
    """The lab's ears find the words, from beginning to end, where the line is due."""
    flow = scene.app[LINES].current.named("order_status")
    clip = scene.app[PROMPTS].clip(flow, words)
    assert clip
    with wave.open(io.BytesIO(wav)) as recording:
        pcm, rate_hz = recording.readframes(recording.getnframes()), recording.getframerate()
    ((from_ms, _, is_whole),) = Recording(pcm, rate_hz).occurrences(narrowed(clip, rate_hz))
    assert (abs(from_ms - 500) < 10, is_whole) == (True, True)
    assert level_dbfs(pcm) > -40


def test_everything_is_done_by_keyboard(tmp_path: Path) -> None:
    async def press() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            phone = await scene.acs.dial(NUMBER)
            await phone.answered()
            async with a_tab(browser) as tab:
                page = await opened(tab, scene, "/console")
                await page.locator("#name").focus()
                await page.keyboard.type("Ann")
                await page.keyboard.press("Tab")
                await page.keyboard.type(EDIT_KEY)
                await page.keyboard.press("Enter")
                await page.get_by_role("heading", name="Calls").wait_for()
                await page.keyboard.press("Tab")
                assert await focused(page) == "Skip to the content"
                await page.keyboard.press("Enter")
                await page.keyboard.press("Tab")
                await page.keyboard.press("Enter")
                await page.get_by_role("button", name="End the call…").focus()
                await page.keyboard.press("Enter")
                await page.get_by_role("heading", name="End the call?").wait_for()
                await page.keyboard.press("Escape")
                assert await focused(page) == "End the call…", "and the focus is where it was"
                await page.keyboard.press("Enter")
                await page.get_by_role("heading", name="End the call?").wait_for()
                await expect(page.locator("#end-say")).to_be_focused()
                await page.keyboard.type("Goodbye from the desk.")
                await page.keyboard.press("Enter")
                await (
                    page.get_by_text("The call is being ended.")
                    .or_(page.get_by_text("Longest dead air"))
                    .first.wait_for()
                )
            await phone.ended()
            record = await scene.record()
            assert record.end
            assert record.end.by == "operator"

    in_real_time(press)


async def a_caller(scene: Trial) -> Phone:
    """Somebody who is on the line, and listens to the greeting."""
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(4)
    return phone


async def asked(phone: Phone, shown: Locator) -> None:
    """Have them ask, again if nobody has understood, until a page shows it."""
    for patience_ms in (15_000, 15_000, 30_000):
        await phone.says("Where is order four two seven one?")
        with suppress(PlaywrightTimeout):
            await shown.first.wait_for(timeout=patience_ms)
            return
    raise AssertionError("the page never shows what the call does")


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.textContent.trim()"))


def test_a_row_that_changes_keeps_the_focus_in_it(tmp_path: Path) -> None:
    async def press() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            phone = await a_caller(scene)
            async with a_tab(browser, key=EDIT_KEY) as tab:
                page = await opened(tab, scene, "/console")
                link = page.locator("#calls a")
                await link.focus()
                before = await page.evaluate("document.activeElement.id")
                await asked(phone, page.locator("#calls .chip.wait"))
                assert await page.evaluate("document.activeElement.id") == before
            await phone.hangs_up()
            await scene.record()

    in_real_time(press)


def test_pages_are_read_and_forms_sent_where_no_script_runs(tmp_path: Path) -> None:
    async def look() -> None:
        async with served(tmp_path) as scene, a_browser() as browser:
            context = await browser.new_context(
                java_script_enabled=False,
                extra_http_headers={"Authorization": f"Bearer {EDIT_KEY}"},
            )
            page = await context.new_page()
            await page.goto(f"{scene.url}{PATH}")
            await page.get_by_label("The first words").fill("Hello without a script.")
            await page.get_by_role("button", name="Play the greeting").click()
            await page.locator("audio").wait_for()
            await page.locator(".publish-bar button").click()
            await page.get_by_role("button", name="Publish to all callers").click()
            await page.get_by_text("Published: it holds").wait_for()
            await context.close()
            flow = scene.app[LINES].current.answering(NUMBER)
            assert flow
            assert flow.greeting == "Hello without a script."

    in_real_time(partial(look))
