"""Calls that a line places itself: who answers, who does not, and when none is placed."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from bridge import Call, Callflow, FlowError, HangUp, Hours
from bridge.acs.calls import Calls
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError, VoiceUnreachable
from bridge.lab.acs import (
    BUSY,
    DECLINES,
    Answers,
    CallbackSwitches,
    CallRefused,
    RingsOut,
    Switches,
)
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.service.announcements import Draining
from bridge.service.outbound import LineClosed, NotPlaced, SpeechDown, TooManyCalls, WrongNumber
from bridge.service.parts import SWITCHBOARD
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the clinic. May I remind you of tomorrow?"
JANE, JOHN, MARY = "+14255550123", "+14255550124", "+14255550125"
HOURS = Hours(zone="Europe/Berlin", week={"mon-fri": "09:00-17:00"}, closed=HangUp(say="Closed."))


def line(**more: Any) -> Callflow:
    return Callflow(number=NUMBER, greeting=GREETING, silence=None, **more)


async def test_whoever_is_called_and_answers_is_led_by_the_flow(stage: Stage) -> None:
    flow, callers = line(phone_rate_hz=16_000), []

    @flow.tool
    async def order_status(call: Call) -> str:
        """Look up where an order is."""
        callers.append((call.caller, call.dialled))
        return "It is on its way."

    scene = await stage(flow, prompts=True)
    scene.acs.callees[JANE] = Answers(after_s=20)
    call = await scene.app[SWITCHBOARD].place("line", JANE)
    assert (call.caller, call.dialled) == (JANE, NUMBER)
    assert scene.app[SWITCHBOARD].in_progress == [call]
    phone = await scene.acs.callee(JANE)
    await phone.says("Hello?")
    await phone.hears(GREETING)
    assert phone.rate_hz == 16_000
    await phone.says("Where is my order?")
    await phone.hears("It is on its way.")
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == (By.CALLER, Reason.HUNG_UP)
    assert callers == [(JANE, NUMBER)]
    (create, *_) = scene.acs.requests
    assert create.body["sourceCallerIdNumber"] == {"value": NUMBER}
    assert scene.app[SWITCHBOARD].in_progress == []


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(
    ("behaviour", "after_s", "detail"),
    [
        (BUSY, 1, "486/560486: busy"),
        (DECLINES, 4, "603/560603: declined, or too many calls at once"),
        (RingsOut(), 115, "480/560480: no answer"),
    ],
)
async def test_whoever_does_not_answer_leaves_a_record_that_says_why(
    stage: Stage, behaviour: Any, after_s: float, detail: str, *, last: bool
) -> None:
    scene = await stage(line(), acs_switches=Switches(create_failed_last=last))
    scene.acs.callees[JANE] = behaviour
    loop = asyncio.get_running_loop()
    placed_s = loop.time()
    await scene.app[SWITCHBOARD].place("line", JANE)
    phone = await scene.acs.callee(JANE)
    with pytest.raises(CallRefused):
        await phone.answered()
    end = (await scene.record()).end
    assert loop.time() - placed_s == pytest.approx(after_s, abs=1)
    assert end
    assert (end.by, end.reason, end.then) == (By.CARRIER, Reason.REFUSED, Then.NOTHING)
    assert end.detail.endswith(detail)
    await scene.app[SWITCHBOARD].drain()
    assert scene.reports.empty(), "one call, one record"


async def test_a_call_of_which_nothing_more_is_heard_leaves_a_record(stage: Stage) -> None:
    lost = CallbackSwitches(drop=frozenset({"CreateCallFailed", "CallDisconnected"}))
    scene = await stage(line(), acs_switches=Switches(callbacks=lost))
    scene.acs.callees[JANE] = RingsOut()
    await scene.app[SWITCHBOARD].place("line", JANE)
    assert (await scene.record()).end == CallEnd(
        By.CARRIER, Reason.REFUSED, Then.NOTHING, "no answer"
    )
    assert scene.app[SWITCHBOARD].in_progress == []


async def test_somebody_who_answers_at_the_last_moment_is_heard(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    scene.acs.callees[JANE] = Answers(after_s=114)
    await scene.app[SWITCHBOARD].place("line", JANE)
    await (await scene.acs.callee(JANE)).hears(GREETING)


async def test_media_that_cannot_be_opened_ends_the_call(stage: Stage) -> None:
    scene = await stage(line(), acs_switches=Switches(media_never=True))
    await scene.app[SWITCHBOARD].place("line", JANE)
    phone = await scene.acs.callee(JANE)
    assert (await phone.ended()).by == "bridge"
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.CARRIER, Reason.MEDIA_FAILED)


async def test_a_number_places_two_calls_at_a_time(stage: Stage) -> None:
    scene = await stage(line(), prompts=True)
    place = scene.app[SWITCHBOARD].place
    incoming = await scene.acs.dial(NUMBER)
    await incoming.hears(GREETING)
    await place("line", JANE)
    await place("line", JOHN)
    with pytest.raises(TooManyCalls, match="wait until one has ended"):
        await place("line", MARY)
    created = [request for request in scene.acs.requests if request.operation == "create"]
    assert len(created) == 2, "ACS was not asked"
    jane = await scene.acs.callee(JANE)
    await jane.answered()
    await jane.hangs_up()
    await scene.record()
    await place("line", MARY)
    await (await scene.acs.callee(MARY)).hears(GREETING)


async def test_a_line_that_is_closed_calls_nobody(stage: Stage) -> None:
    scene = await stage(line(hours=HOURS))
    scene.app[SWITCHBOARD].admission.now = lambda: datetime.fromisoformat("2026-11-21T10:00Z")
    with pytest.raises(LineClosed, match=r"call from 2026-11-23 09:00 \(Europe/Berlin\) on"):
        await scene.app[SWITCHBOARD].place("line", JANE)
    assert scene.acs.requests == []


async def test_nobody_is_called_to_hear_an_apology(stage: Stage) -> None:
    scene = await stage(line(), voice_switches=VoiceSwitches(handshake=503))
    switchboard = scene.app[SWITCHBOARD]
    while not switchboard.breaker.is_open:
        with pytest.raises(VoiceUnreachable):
            async with switchboard.breaker.connect(line()):
                pass
    with pytest.raises(SpeechDown):
        await switchboard.place("line", JANE)
    assert scene.acs.requests == []


@pytest.mark.parametrize(
    ("flow", "to", "error"),
    [("nobody", JANE, FlowError), ("line", "14255550123", WrongNumber)],
)
async def test_what_cannot_be_called_is_said(
    stage: Stage, flow: str, to: str, error: type[Exception]
) -> None:
    scene = await stage(line())
    with pytest.raises(error) as said:
        await scene.app[SWITCHBOARD].place(flow, to)
    assert to not in str(said.value)
    assert isinstance(said.value, FlowError | NotPlaced)


async def test_a_process_that_drains_calls_nobody(stage: Stage) -> None:
    scene = await stage(line())
    await scene.app[SWITCHBOARD].drain()
    with pytest.raises(Draining):
        await scene.app[SWITCHBOARD].place("line", JANE)


async def test_a_call_that_acs_refuses_leaves_a_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: str, **__: object) -> str:
        raise PhoneError("ACS answered 403 7507")

    monkeypatch.setattr(Calls, "create", refuse)
    scene = await stage(line())
    with pytest.raises(PhoneError):
        await scene.app[SWITCHBOARD].place("line", JANE)
    assert (await scene.record()).end == CallEnd(
        By.CARRIER, Reason.REFUSED, Then.NOTHING, "ACS answered 403 7507"
    )
    assert scene.app[SWITCHBOARD].in_progress == []
