"""What the sound of a call tells agrees with what both ends of it know."""

import asyncio
from dataclasses import asdict, replace

import pytest

from bridge import Callflow, StaticInterim, Trigger
from bridge.lab.experience import Experience
from bridge.lab.report import CallReport, Event
from bridge.lab.voicelive import Happening
from tests.calls.conftest import NUMBER, Stage

GREETING = (
    "Good morning, this is the order line. Please note that our warehouse is closed on Sundays, "
    "and that parcels sent on Friday arrive on Monday."
)
INTERIM = "One moment please, I am looking that up for you in our system."


async def test_a_barge_in_and_a_covered_wait_are_measured_on_the_line(stage: Stage) -> None:
    flow = Callflow(
        number=NUMBER,
        greeting=GREETING,
        interim=StaticInterim(texts=(INTERIM,), triggers=(Trigger.TOOL,), latency_threshold_ms=300),
    )

    @flow.tool
    async def order_status() -> str:
        """Look up where an order is."""
        await asyncio.sleep(6)
        return "Your order is on its way."

    events: list[Event] = []

    def look(happening: Happening) -> None:
        events.append(Event(happening.at_s, happening.kind, happening.text))

    scene = await stage(flow)
    scene.voices.watch(look)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(3)
    await phone.says("Where is my order?")
    await phone.hears("on its way")
    await phone.waits(1)
    await phone.hangs_up()
    record = await scene.record()
    report = CallReport(
        flow="line",
        rate_hz=phone.rate_hz,
        caller=bytes(phone.caller),
        agent=bytes(phone.agent),
        events=[replace(e, at_ms=(e.at_ms - phone.opened_s) * 1000) for e in events],
        said=phone.said,
        heard=phone.heard(),
        bridge=asdict(record),
    )

    experience = Experience.of(report)
    (said,), (stop,), (wait,) = phone.said, phone.stops, record.waits
    assert experience.barge_in_stop_ms == pytest.approx(stop - said.start_ms, abs=60)
    assert experience.talked_over_s == pytest.approx((stop - said.start_ms) / 1000, abs=0.06)
    assert experience.cover_s == pytest.approx(wait.covered_ms / 1000, abs=0.2)
    assert (experience.interim_lines, experience.words_cut, experience.wasted_s) == (1, 0, 0)
    (tool,), (first, second) = report.tools, report.silences
    interim = next(spell for spell in report.spells if spell.who == "interim")
    assert tool.lasts_ms == pytest.approx(record.tools[0].took_ms, abs=50)
    assert first.start_ms == pytest.approx(said.end_ms, abs=60)
    assert first.end_ms == pytest.approx(tool.start_ms + wait.dead_air_ms, abs=60)
    assert second.start_ms == pytest.approx(interim.end_ms, abs=60)
    assert second.end_ms == pytest.approx(tool.start_ms + wait.lasted_ms, abs=60)
    assert experience.dead_air_s * 1000 == max(first.lasts_ms, second.lasts_ms)
