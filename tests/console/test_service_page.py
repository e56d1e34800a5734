"""The page of the process says what it takes, and lets editors set it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import Callflow
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import Record
from bridge.flow.call import Call
from bridge.service.flows import Flows
from bridge.service.parts import AUDIT, CAPACITY, DRAIN, HISTORY, SWITCHBOARD
from bridge.trial import Trial, trial
from tests.console.scene import EDIT_KEY, OURS, READ_KEY, asked, visitor

NUMBER = "+18005550100"
FLOWS = Flows({"line": Callflow(number=NUMBER, silence=None)})


@pytest.fixture
async def scene() -> AsyncIterator[Trial]:
    async with trial(FLOWS, interlude_api_key=EDIT_KEY) as running:
        yield running


async def page_of(scene: Trial, key: str = READ_KEY) -> str:
    async with visitor(scene, key) as somebody:
        return " ".join((await asked(somebody, "/console/service"))[1].split())


async def test_it_counts_calls_and_says_when_the_next_is_turned_away(scene: Trial) -> None:
    scene.app[CAPACITY].limits = type(scene.app[CAPACITY].limits)(most_calls=1)
    assert "takes calls" in await page_of(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    page = await page_of(scene)
    assert "<dd>1 <small>of 1</small>" in page
    assert "The next caller is turned away." in page
    await phone.hangs_up()
    await scene.record()


async def test_an_editor_sets_what_it_takes(scene: Trial) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        limits = {"most_calls": "12", "sessions_a_minute": "0"}
        _, page = await asked(ann, "/console/service/capacity", "POST", data=limits, headers=OURS)
    assert "It holds from the next call on" in page
    assert scene.app[CAPACITY].limits.most_calls == 12
    (deed,) = await scene.app[AUDIT].entries()
    assert (deed.did, deed.detail) == ("capacity.set", "12 calls, 0 sessions a minute")


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        ("0", "most_calls is 1 or more: to take no calls, stop the process."),
        ("many", "most_calls needs a whole number."),
    ],
)
async def test_what_makes_no_sense_changes_nothing_and_stays_in_the_form(
    scene: Trial, calls: str, sentence: str
) -> None:
    async with visitor(scene, EDIT_KEY) as ann:
        limits = {"most_calls": calls, "sessions_a_minute": "3"}
        status, page = await asked(
            ann, "/console/service/capacity", "POST", data=limits, headers=OURS
        )
    assert status == 422
    assert sentence in page
    assert f'value="{calls}"' in page
    assert scene.app[CAPACITY].limits.most_calls == 80


async def test_it_says_who_was_refused_and_what_is_lost_with_the_process(scene: Trial) -> None:
    async with visitor(scene) as stranger:
        assert (await asked(stranger, "/metrics"))[0] == 401
    page = await page_of(scene)
    assert "nothing shown" in page
    assert "Set INTERLUDE_STATE to a folder to keep them." in page


async def test_it_says_that_the_process_drains(scene: Trial) -> None:
    scene.app[SWITCHBOARD].take_no_more()
    assert "Takes no new calls; ends after the last of 0." in await page_of(scene)


async def test_it_counts_the_calls_of_the_day_that_ended_badly(scene: Trial) -> None:
    assert "None." in await page_of(scene)
    for n, reason in enumerate((Reason.LOST, Reason.LOST, Reason.ERROR, Reason.HUNG_UP)):
        end = CallEnd(By.VOICE, reason, Then.HANG_UP)
        call = Call(f"c{n}", "+14255550123", NUMBER, "")
        scene.app[HISTORY].ended(call, Record(flow="line", end=end), None)
    await scene.app[HISTORY].settle()
    page = await page_of(scene)
    assert (
        'a connection was lost</dt><dd><a href="/console/history?reason=lost&amp;days=1">2<' in page
    )
    assert 'reason=error&amp;days=1">1<' in page
    assert "hung_up" not in page
    async with visitor(scene, READ_KEY) as reader:
        _, found = await asked(reader, "/console/history?reason=lost&days=1")
        assert found.count('<th scope="row">') == 2


async def test_an_editor_drains_it_and_a_reader_does_not(scene: Trial) -> None:
    async with visitor(scene, READ_KEY) as reader:
        assert (await asked(reader, "/console/service/drain", "POST", headers=OURS))[0] == 403
    assert not scene.app[DRAIN].is_set()
    async with visitor(scene, EDIT_KEY) as ann:
        _, page = await asked(ann, "/console/service/drain", "POST", headers=OURS)
        assert "Takes no new calls" in page
        assert "Drain this replica" not in page
    assert scene.app[DRAIN].is_set()
    assert [each.did for each in await scene.app[AUDIT].entries()] == ["service.drain"]


async def test_what_is_kept_is_said_to_be_kept_and_where(tmp_path: Path) -> None:
    async with trial(
        FLOWS,
        interlude_secret=EDIT_KEY,
        interlude_state=tmp_path / "state",
        interlude_flights=tmp_path / "flights",
    ) as scene:
        page = await page_of(scene)
    assert f"Kept in {tmp_path / 'state'}." in page
    assert f"Kept in {tmp_path / 'flights'}, without sound." in page
    assert "For 8 hours, over restarts." in page
    assert "Gone when this process ends" not in page
