"""Operators look for finished calls, and see which threshold to change."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import Callflow, StaticInterim
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import Record, Wait, WaitEnd
from bridge.console.waits_view import at_threshold, plot_of
from bridge.flow.call import Call
from bridge.flow.interim import Trigger
from bridge.service.floor.waits import WaitRow, wait_figures
from bridge.service.flows import Flows
from bridge.service.parts import HISTORY
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, READ_KEY, asked, visitor

NUMBER = "+18005550100"
INTERIM = StaticInterim(texts=("One moment.",), triggers=(Trigger.TOOL,), latency_threshold_ms=2000)
FLOWS = Flows(
    {
        "line": Callflow(
            number=NUMBER, silence=None, greeting="Hello.", voice="en-US-AvaNeural", interim=INTERIM
        )
    }
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(
        FLOWS, interlude_api_key=EDIT_KEY, interlude_flights=tmp_path / "flights"
    ) as running:
        yield running


async def a_call(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER)
    await phone.hears("Hello.")
    await phone.says("My number is four two seven one.")
    await phone.waits(1)
    await phone.hangs_up()
    await scene.record()
    await scene.app[HISTORY].settle()


async def test_a_finished_call_is_found_with_its_figures_and_what_was_said(scene: Trial) -> None:
    await a_call(scene)
    async with visitor(scene, EDIT_KEY) as ann, visitor(scene, READ_KEY) as reader:
        _, page = await asked(ann, "/console/history?text=23&by=caller")
        assert "…23" in page
        address = page.split('href="/console/history/')[1].split('"')[0]
        _, of_call = await asked(ann, f"/console/history/{address}")
        assert "four two seven one" in of_call
        assert "caller speaks" in of_call
        _, masked = await asked(reader, f"/console/history/{address}")
        assert "four two seven one" not in masked
        assert "My number is" in masked


@pytest.mark.parametrize(
    "query", ["text=99", "flow=nobody", "by=agent", "dead_air=500", "before=1", "text=nobody"]
)
async def test_a_search_leaves_out_what_is_not_looked_for(scene: Trial, query: str) -> None:
    await a_call(scene)
    async with visitor(scene, READ_KEY) as reader:
        assert "No call that is looked for" in (await asked(reader, f"/console/history?{query}"))[1]


async def test_what_is_no_number_of_seconds_is_said_beside_the_field(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader:
        status, page = await asked(reader, "/console/history?dead_air=long&before=x&days=1000")
        assert status == 200
        assert "A number of seconds, like 2.5." in page
        assert (await asked(reader, "/console/history/nobody"))[0] == 404


async def test_the_plot_says_which_threshold_to_change(scene: Trial) -> None:
    waits = [
        Wait(Trigger.TOOL, "bridge", WaitEnd.ANSWERED, ms, min(ms, 2000), 0, 0, 0, wasted=False)
        for ms in [1_500] * 10 + [4_000] * 20
    ]
    record = Record(flow="line", waits=waits, end=CallEnd(By.CALLER, Reason.HUNG_UP, Then.NOTHING))
    scene.app[HISTORY].ended(Call("c1", "+14255550123", NUMBER, ""), record, None)
    await scene.app[HISTORY].settle()
    async with visitor(scene, READ_KEY) as reader:
        page = " ".join((await asked(reader, "/console/history"))[1].split())
    assert "Lower the threshold from 2 s to 0.3 s: 67 % → 100 % of the waits get a line" in page
    assert '<td class="number">100 %</td>' in page, "the table has it, too"


def test_a_threshold_covers_what_lasts_longer_and_wastes_what_ends_soon_after() -> None:
    lengths = (0, 0, 4, 4, 0, 0, 0, 0, 2)
    at = at_threshold(lengths, 500)
    assert (at.covered, round(at.wasted, 3)) == (1.0, round(4.8 / 10, 3))
    at = at_threshold(lengths, 1_000)
    assert (at.covered, at.wasted, at.dead_air_ms) == (0.2, 0.0, 800)
    assert at_threshold((), 500).covered == 0


def test_a_threshold_is_suggested_where_it_saves_silence_or_waste_and_by_enough_waits() -> None:
    rows = [WaitRow("line", "", 4_000, 2_000, 0, 1, 0) for _ in range(20)]
    (few,) = wait_figures(rows[1:])
    assert (plot_of(few, 2_000).is_enough, plot_of(few, 2_000).would_be) == (False, None)
    (enough,) = wait_figures(rows)
    better = plot_of(enough, 2_000).would_be
    assert better
    assert better.threshold_ms == 300
    assert plot_of(enough, 300).would_be is None, "it is so already"
    assert plot_of(enough, "adaptive").would_be is None
    assert plot_of(enough, None).now is None


def test_none_is_suggested_that_would_leave_callers_worse_off() -> None:
    (short,) = wait_figures(WaitRow("line", "", 900, 500, 0, 1, 0) for _ in range(20))
    assert plot_of(short, 500).would_be is None
