"""Pages about calls: whole, self-contained, and safe whatever was said."""

import base64
import re
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from bridge.lab.budget import Budget, Failure
from bridge.lab.outcome import Outcome
from bridge.lab.pages import write_call_page, write_comparison, write_index
from bridge.lab.pages.timeline import Timeline
from bridge.lab.stretch import Stretch, sounding
from bridge.lab.wave_file import both_sides
from tests.lab.hostile import HOSTILE, hostile
from tests.lab.parsing import Page
from tests.lab.tones import RATE_HZ, a_call

SPOKEN = a_call(
    ("agent greets", 0, 1),
    ("caller asks", 2, 3),
    ("interim", 5, 6),
    ("music", 7, 8),
    ("agent answers", 9, 12),
    ("caller interrupts", 11, 13),
    ("agent bye", 13.2, 14),
    tools=[("look", 4, 8.5)],
    broken=["agent answers"],
    end={"by": "caller"},
)
FAILED = Outcome(
    name="asks for an order",
    flow="line",
    report=SPOKEN,
    failures=(Failure("It was to answer within 5 s.", 9_000), Failure("No transfer.")),
    budget=Budget(dead_air_s=1.5, words_cut=0),
    seconds=1.5,
)
PASSED = replace(FAILED, name="b", failures=(), budget=Budget())


def pages(folder: Path, outcome: Outcome) -> list[Page]:
    """All three kinds."""
    return [
        Page(write_call_page(outcome, folder)),
        Page(write_index([outcome, replace(PASSED, name="c")], folder)),
        Page(write_comparison([outcome], [replace(PASSED, name=outcome.name)], folder)),
    ]


@pytest.mark.parametrize("outcome", [FAILED, PASSED, hostile()], ids=lambda each: each.name)
def test_pages_are_whole_and_need_nothing_else(tmp_path: Path, outcome: Outcome) -> None:
    for page in pages(tmp_path, outcome):
        ids = page.attributes("id")
        assert max(Counter(ids).values()) == 1
        named = [*page.attributes("aria-labelledby"), *page.attributes("aria-describedby")]
        assert set(named) <= set(ids)
        assert "://" not in re.sub("base64,[A-Za-z0-9+/=]+", "", page.source)
        for source in page.attributes("src"):
            assert source.startswith("data:audio/wav;base64,")
        for target in page.attributes("href"):
            assert (
                target.startswith("#") or (tmp_path / target.replace("%20", " ")).suffix == ".html"
            )
        tags = Counter(tag for tag, _ in page.elements)
        assert (tags["script"], tags["style"], tags["link"], tags["img"]) == (1, 1, 0, 0)
        assert (tags["main"], tags["h1"], tags["title"] > 0) == (1, 1, True)
        assert page.elements[0] == ("html", {"lang": "en"})
        assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]


def test_whatever_is_said_is_text(tmp_path: Path) -> None:
    seen = " ".join(HOSTILE.replace("\ud800", "?").split())
    for page in pages(tmp_path, hostile()):
        assert seen in page.text
        assert "49" not in page.text
        assert "unsafe" not in page.source


def test_a_browser_runs_and_styles_by_hash_only(tmp_path: Path) -> None:
    (policy,) = Page(write_call_page(PASSED, tmp_path)).attributes("content")[:1]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    for kind in ("script-src", "style-src"):
        assert re.fullmatch("'sha256-[A-Za-z0-9+/]{43}='", directives[kind])


def test_the_page_of_a_call_tells_all_of_it(tmp_path: Path) -> None:
    page = Page(write_call_page(FAILED, tmp_path))
    for text in (
        "asks for an order failed",
        "It was to answer within 5 s. No transfer.",
        "Longest dead air: 2.00 s, at 3.00 s; the budget is 1.50 s.",
        "0:02.0 Caller caller asks",
        "0:05.0 Interim line",
        "0:07.0 Music, or a sound 1.0 s",
        '0:04.0 Tool look 4.5 s {"number": "4271"} → on its way',
        "0:11.0 Barge-in the agent is silent after 1000 ms",
        "0:03.0 Dead air 2.0 s",
        "▼ barge-in, 1000 ms",
        "0 kept",
        "1.50 s broken",
    ):
        assert text in page.text, text
    moments = {float(at) for at in page.attributes("data-at")}
    assert {9.0, 3.0, 0.0, 2.0, 5.0, 11.0} <= moments


def test_the_sound_of_a_page_is_the_call_at_a_telephones_rate(tmp_path: Path) -> None:
    (source,) = Page(write_call_page(FAILED, tmp_path)).attributes("src")
    (tmp_path / "call.wav").write_bytes(base64.b64decode(source.partition(",")[2]))
    rate_hz, caller, agent = both_sides(tmp_path / "call.wav")
    assert rate_hz == 8_000
    assert sounding(caller, RATE_HZ) == SPOKEN.caller_sounds
    assert sounding(agent, RATE_HZ) == sounding(SPOKEN.agent, RATE_HZ)


def test_a_call_of_twenty_seconds_is_a_page_of_less_than_a_megabyte(tmp_path: Path) -> None:
    assert SPOKEN.lasted_ms == 20_000
    assert write_call_page(FAILED, tmp_path).stat().st_size < 1_000_000


def test_a_call_without_a_sound_has_a_page(tmp_path: Path) -> None:
    for lasts_s in (0, 1):
        silent = replace(PASSED, report=a_call(lasts_s=lasts_s))
        for page in pages(tmp_path, silent):
            assert "passed" in page.text


def test_the_index_has_failures_first(tmp_path: Path) -> None:
    other = replace(PASSED, name="c", flow="a line")
    page = Page(write_index([PASSED, other, FAILED], tmp_path))
    assert page.text.startswith("3 calls, 1 failed")
    links = [target for target in page.attributes("href") if target.endswith(".html")]
    assert links == ["asks%20for%20an%20order.html", "b.html", "c.html"]
    assert "2.00 s over 1.50 s" in page.text
    assert "Longest dead air 2.00 s 2.00 s 2.00 s" in page.text, "the spread over a flow"


def test_a_comparison_says_what_is_better_and_what_is_worse(tmp_path: Path) -> None:
    broken = replace(FAILED, name="broken")
    before = [FAILED, PASSED, broken, replace(PASSED, name="gone")]
    quicker = a_call(
        ("agent greets", 0, 1),
        ("caller asks", 2, 3),
        ("interim another", 4, 6.5),
        ("agent answers", 7, 9),
        reprompts=1,
    )
    after = [
        replace(FAILED, report=quicker, failures=(), budget=Budget()),
        PASSED,
        broken,
        replace(PASSED, name="new"),
    ]
    page = Page(write_comparison(before, after, tmp_path))
    for text in (
        "3 calls in both. 0 failed after and passed before; 1 the other way round.",
        "Only before: gone. Only after: new. Passed, unchanged: b. Failed, unchanged: broken.",
        "Longest dead air 2.00 s 1.00 s better by 1.00 s",
        "Reprompts 0 1 worse by 1",
        "Waits covered 2.00 s 2.50 s 0.50 s more",
        "Silent after a barge-in 1000 ms none gone",
        "Only before, interim line: interim",
        "Only after, interim line: interim another",
        "Only before, caller: caller interrupts",
    ):
        assert text in page.text, text


def test_a_call_that_fails_for_another_reason_has_changed(tmp_path: Path) -> None:
    other = replace(FAILED, failures=(Failure("It was to transfer."),))
    text = Page(write_comparison([FAILED], [other], tmp_path)).text
    assert "unchanged" not in text
    assert text.index("No transfer.") < text.index("It was to transfer.")


def test_a_comparison_has_new_failures_first(tmp_path: Path) -> None:
    slow = a_call(("caller", 1, 2), ("agent", 9, 10))
    names = ("better", "still fails", "worse")
    before = [replace(PASSED, name=name, budget=Budget()) for name in names]
    after = [replace(each, report=slow) for each in before]
    fails = Budget(dead_air_s=0.5)
    before[0] = replace(before[0], budget=fails)
    before[1] = replace(before[1], budget=fails)
    after[1] = replace(after[1], budget=fails)
    after[2] = replace(after[2], budget=fails)
    text = Page(write_comparison(before, after, tmp_path)).text
    assert (
        text.index("worse (line)") < text.index("still fails (line)") < text.index("better (line)")
    )


@pytest.mark.parametrize("lasts_s", [10, 24, 27, 60])
def test_a_waveform_is_drawn_where_the_sound_is(lasts_s: int) -> None:
    share = 0.75
    timeline = Timeline(a_call(("caller", share * lasts_s, lasts_s), lasts_s=lasts_s))
    points = re.findall(r"([\d.]+) (\d+)", timeline.caller_wave)
    loud = [float(x) for x, y in points if y != "50"]
    assert min(loud) == pytest.approx(share * timeline.wave_width, abs=1)
    assert max(loud) == pytest.approx(timeline.wave_width, abs=3)
    assert timeline.agent_wave.count("L") == 2 * min(1_200, lasts_s * 50) - 1


def test_words_can_be_read_in_light_and_in_darkness() -> None:
    style = (files("bridge.lab.pages") / "templates" / "page.css").read_text("utf-8")
    themes = [
        dict(re.findall(r"--([a-z]+): #([0-9a-f]{6})", part)) for part in style.split("@media")
    ]
    for theme in themes[:2]:
        for name in set(theme) - {"back", "panel", "line"}:
            for ground in ("back", "panel"):
                contrast = (luminance(theme[name]) + 0.05) / (luminance(theme[ground]) + 0.05)
                assert max(contrast, 1 / contrast) >= 4.5, f"WCAG 2.2, AA: {name} on {ground}"


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it for sRGB."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_two_timelines_are_drawn_to_one_scale() -> None:
    timeline = Timeline(SPOKEN, 40_000)
    assert (timeline.x(10_000), timeline.width(Stretch(0, 4_000))) == ("25.000%", "10.000%")
    assert timeline.ticks == list(range(0, 41, 2))
    assert max(float(x) for x in re.findall(r"([\d.]+) \d+", timeline.agent_wave)) < 600
