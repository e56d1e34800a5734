"""A call's page as a browser has it: silent on its console, and in step with the sound."""

import asyncio
from pathlib import Path

from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_call_page, write_comparison, write_index
from tests.lab.browser import Tab, a_tab, chromium
from tests.lab.hostile import hostile
from tests.lab.tones import a_call

PLAYHEAD = "parseFloat(document.getElementById('playhead').getAttribute('x1'))"
PLAYED = """new Promise(async done => {
  sound.addEventListener('timeupdate', () => sound.currentTime > 0.5 && done(sound.currentTime));
  await sound.play();
})"""
STOPPED = """new Promise(done => {
  sound.onpause = () => requestAnimationFrame(done);
  sound.pause();
})"""
SEEKED = "new Promise(done => { sound.onseeked = done; %s })"


def outcome() -> Outcome:
    report = a_call(("caller asks", 1, 2), ("interim", 3, 4), ("agent", 6, 7), lasts_s=10)
    return Outcome(name="asks", flow="line", report=report, seconds=1)


async def look(page: Path) -> None:
    async with asyncio.timeout(60), a_tab() as tab:
        await tab.open(page)
        assert await tab.value(PLAYHEAD) == 0
        assert abs(await tab.value("sound.duration") - 10) < 0.01
        assert await tab.value(PLAYED) > 0.5
        await tab.value(STOPPED)
        assert abs(await tab.value(PLAYHEAD) - await tab.value("sound.currentTime * 10")) < 0.01
        await it_seeks(tab)
        assert await tab.value("document.documentElement.scrollWidth <= innerWidth")
        assert tab.complaints == []


async def it_seeks(tab: Tab) -> None:
    press = "[...document.querySelectorAll('.entry.interim button')][0].click();"
    await tab.value(SEEKED % press)
    assert await tab.value("sound.currentTime") == 3
    assert await tab.value(PLAYHEAD) == 30
    current = "document.querySelector('[aria-current]').textContent"
    assert "Interim line" in await tab.value(current)
    click = (
        "const box = timeline.getBoundingClientRect();"
        "const at = {bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + 5};"
        "timeline.dispatchEvent(new MouseEvent('click', at));"
    )
    await tab.value(SEEKED % click)
    assert abs(await tab.value("sound.currentTime") - 5) < 0.01


async def complaints(*pages: Path) -> list[object]:
    found = []
    async with asyncio.timeout(60), a_tab() as tab:
        for page in pages:
            await tab.open(page)
            await tab.command("Emulation.setDeviceMetricsOverride", **PHONE)
            assert await tab.value("document.documentElement.scrollWidth") == 390, page.name
        found += tab.complaints
    return found


PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


def test_the_playhead_follows_the_sound(tmp_path: Path) -> None:
    chromium()
    asyncio.run(look(write_call_page(outcome(), tmp_path)))


def test_pages_fit_a_telephone_and_complain_of_nothing(tmp_path: Path) -> None:
    chromium()
    slower = a_call(("caller asks", 1, 2), ("agent", 8, 9), lasts_s=11)
    after = Outcome(name="asks", flow="line", report=slower, seconds=1)
    pages = (
        write_call_page(after, tmp_path),
        write_index([after], tmp_path),
        write_comparison([outcome()], [after], tmp_path),
        write_call_page(hostile(), tmp_path),
    )
    assert asyncio.run(complaints(*pages)) == []
