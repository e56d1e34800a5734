"""Twice as many callers as fit: those who are let in notice nothing, the others are told kindly."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType
from structlog.testing import capture_logs

from bridge import Call, HangUp, Transfer, Voicemail
from bridge.acs.calls import Calls
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.lab.acs import CallRefused
from bridge.service.capacity import CapacityLimits, Shortage
from bridge.service.outbound import NoCapacity
from bridge.service.parts import CAPACITY, SWITCHBOARD, TOKENS
from bridge.service.tokens import Purpose
from tests.calls.conftest import NUMBER, Stage
from tests.calls.rush import (
    ANSWER,
    CAPACITY_OF_6,
    COLLEAGUE,
    GREETING,
    JANE,
    QUESTION,
    SORRY,
    TWICE,
    call,
    has_sound,
    line,
    rush,
    works_hard,
)
from tests.service.test_metrics_of_calls import look_at


@pytest.mark.parametrize(
    ("overflow", "turned_away"),
    [
        (HangUp(), {"busy": 6}),
        (HangUp(say=SORRY), {"told": 2, "busy": 4}),
        (Voicemail(SORRY), {"told": 2, "busy": 4}),
        (Transfer(COLLEAGUE), {"redirected": 6}),
        (Transfer(COLLEAGUE, say=SORRY), {"told": 2, "redirected": 4}),
    ],
    ids=["busy", "told", "voicemail", "redirected", "told and transferred"],
)
async def test_at_twice_the_capacity_calls_keep_their_sound_and_others_are_turned_away_kindly(
    stage: Stage, overflow: Any, turned_away: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    scene = await stage(line(overflow), prompts=True, interlude_most_calls=CAPACITY_OF_6)
    became = await rush(scene)
    counts = {what: len(phones) for what, phones in became.items()}
    assert counts == {"served": CAPACITY_OF_6, **turned_away}

    for phone in became["served"]:
        heard = phone.heard()
        assert [each.text for each in heard] == [GREETING, ANSWER]
        assert all(each.complete for each in heard)
        assert heard[0].start_ms < 500
        assert phone.complaints == []
    assert [session.heard for session in scene.voices.sessions] == [[QUESTION]] * 6
    for phone in became.get("told", []):
        (sorry,) = phone.heard()
        assert (sorry.text, sorry.complete) == (SORRY, True)
        assert sorry.start_ms < 500
    for phone in became.get("redirected", []):
        assert (await phone.ended()).transferred_to == COLLEAGUE

    records = [await scene.record() for _ in range(TWICE)]
    served = [record for record in records if record.voice_ready_ms is not None]
    assert len(served) == CAPACITY_OF_6
    assert all(has_sound(record) for record in served)
    assert {record.end.by for record in served if record.end} == {By.CALLER}
    assert scene.app[CAPACITY].turned_away == {Shortage.FULL: 6}
    underruns = sum(record.underruns for record in served)
    told = f"{TWICE} callers, room for {CAPACITY_OF_6}: {counts}, {underruns} underruns"
    with capsys.disabled():
        print(f"\n{told}")  # noqa: T201 - a figure of the run


async def test_a_call_that_is_turned_away_leaves_a_record_that_says_why(stage: Stage) -> None:
    limits = {"interlude_most_calls": 1, "interlude_sessions_a_minute": 30}
    scene = await stage(line(HangUp()), prompts=True, **limits)
    with capture_logs() as logs:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        assert (await call(scene))[0] == "busy"
        record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.NO_CAPACITY, Then.NOTHING, "full")
    (ended,) = [entry for entry in logs if entry["event"] == "call.ended"]
    assert ended["end"]["detail"] == "full"
    assert [request.operation for request in scene.acs.requests] == ["answer", "reject"]
    assert scene.acs.requests[1].body["callRejectReason"] == "busy"
    seen = await look_at(scene.url)
    assert seen.of("calls_turned_away_total", why="full") == 1
    assert seen.of("calls_turned_away_total", why="sessions") == 0
    assert seen.of("capacity_calls") == 1
    assert seen.of("capacity_free_sessions") == 22, "the greeting was rendered in this minute"
    async with ClientSession() as web, web.get(f"{scene.url}/health/ready") as response:
        assert response.status == 200, "a full process is healthy"
    await phone.hangs_up()
    await scene.record()
    assert (await call(scene))[0] == "served"


async def test_a_line_has_its_own_number_of_calls(stage: Stage) -> None:
    scene = await stage(line(HangUp(say=SORRY), most_calls=3), prompts=True)
    became = await rush(scene, every_s=0.1)
    assert len(became["served"]) == 3
    assert scene.app[CAPACITY].turned_away == {Shortage.QUOTA: 9}


async def test_a_busy_process_takes_no_more_calls(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True)
    works_hard(scene)
    assert (await call(scene))[0] == "busy"
    end = CallEnd(By.BRIDGE, Reason.NO_CAPACITY, Then.NOTHING, "busy process")
    assert (await scene.record()).end == end


@pytest.mark.parametrize(
    ("overflow", "becomes"),
    [
        (HangUp(say=SORRY), "busy"),
        (Voicemail(SORRY), "busy"),
        (Transfer(COLLEAGUE, say=SORRY), "redirected"),
    ],
)
async def test_words_that_were_not_rendered_open_no_session(
    stage: Stage, overflow: Any, becomes: str
) -> None:
    scene = await stage(line(overflow))
    works_hard(scene)
    assert (await call(scene))[0] == becomes
    assert scene.voices.sessions == []


async def test_a_caller_whom_acs_does_not_redirect_is_transferred_without_a_word(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: str) -> None:
        raise PhoneError("ACS answered 405 8520")

    monkeypatch.setattr(Calls, "redirect", refuse)
    scene = await stage(line(Transfer(COLLEAGUE, say=SORRY)), interlude_most_calls=1)
    works_hard(scene)
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).transferred_to == COLLEAGUE
    assert scene.voices.sessions == []
    end = CallEnd(By.BRIDGE, Reason.TRANSFERRED, Then.NOTHING, "busy process")
    assert (await scene.record()).end == end


async def test_a_call_that_another_process_has_answered_is_taken_and_counts(
    stage: Stage,
) -> None:
    scene = await stage(line(HangUp()), prompts=True, interlude_most_calls=1)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    over = Call("of another process", JANE, NUMBER, "c0ffee")
    url = f"{scene.url}/acs/media/{scene.app[TOKENS].seal(Purpose.MEDIA, over)}"
    headers = {**scene.acs.proof, "x-ms-call-connection-id": "c1"}
    async with ClientSession() as web, web.ws_connect(url, headers=headers) as media:
        assert (await media.receive()).type is WSMsgType.TEXT, "the greeting"
        assert len(scene.app[SWITCHBOARD].in_progress) == 2
        await phone.hangs_up()
        await scene.record()
        assert (await call(scene))[0] == "busy"


async def test_a_limit_that_is_lowered_ends_no_call(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True)
    phones = [await scene.acs.dial(NUMBER) for _ in range(3)]
    for phone in phones:
        await phone.hears(GREETING)
    scene.app[CAPACITY].limits = CapacityLimits(most_calls=1)
    assert (await call(scene))[0] == "busy"
    for phone in phones:
        await phone.says(QUESTION)
        await phone.hears(ANSWER)
    scene.app[CAPACITY].limits = CapacityLimits(most_calls=4)
    assert (await call(scene))[0] == "served"


async def test_a_process_that_drains_leaves_calls_to_others_even_when_full(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True, interlude_most_calls=1)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = asyncio.create_task(scene.app[SWITCHBOARD].drain())
    ringing = await scene.acs.dial(NUMBER)
    await ringing.waits(5)
    assert [request.operation for request in scene.acs.requests] == ["answer"]
    await phone.hangs_up()
    await drained
    await ringing.hangs_up()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"interlude_most_calls": 1}, "as many calls as it may have"),
        ({"interlude_sessions_a_minute": 1}, "no more sessions just now"),
    ],
)
async def test_no_call_is_placed_that_would_not_fit(
    stage: Stage, settings: dict[str, int], why: str
) -> None:
    scene = await stage(line(HangUp()), prompts=True, **settings)
    await asyncio.sleep(60)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    with pytest.raises(NoCapacity, match=why):
        await scene.app[SWITCHBOARD].place("line", JANE)
    assert [request.operation for request in scene.acs.requests] == ["answer"]


async def test_a_caller_who_was_turned_away_may_call_again(stage: Stage) -> None:
    limits = {"calls_per_hour": 1, "refusal": "You have called before."}
    scene = await stage(line(HangUp(), **limits), prompts=True, interlude_most_calls=1)
    phone = await scene.acs.dial(NUMBER, caller=JANE)
    await phone.hears(GREETING)
    other = "+14255550177"
    for _ in range(3):
        with pytest.raises(CallRefused, match="busy"):
            await (await scene.acs.dial(NUMBER, caller=other)).answered()
    await phone.hangs_up()
    for _ in range(4):
        await scene.record()
    phone = await scene.acs.dial(NUMBER, caller=other)
    await phone.hears(GREETING)
