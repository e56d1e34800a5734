"""A line that is closed: what a caller meets, by the wall clock of the line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest

from bridge import Callflow, HangUp, Hours, Transfer, Voicemail
from bridge.acs.calls import Calls
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.legs import PhoneError
from bridge.lab.acs import CallRefused, Switches
from bridge.lab.speech import Studio
from bridge.service.flows import Flows
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial, trial
from tests.calls.conftest import NUMBER

GREETING = "Good morning, this is the order line."
CLOSED = "We are closed now. Please call tomorrow."
OPEN_AT, CLOSED_AT = "2026-11-23T10:00+01:00", "2026-11-23T20:00+01:00"

Clock = Callable[..., Awaitable[Trial]]


def line(closed: HangUp | Transfer | Voicemail | str) -> Callflow:
    hours = Hours(zone="Europe/Berlin", week={"mon-sun": "09:00-17:00"}, closed=closed)
    return Callflow(number=NUMBER, greeting=GREETING, silence=None, hours=hours)


def sets_clock(scene: Trial, at: str) -> None:
    scene.app[SWITCHBOARD].admission.now = lambda: datetime.fromisoformat(at)


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """Set up the service at a time that stands still."""
    async with AsyncExitStack() as stack:

        async def set_up(at: str, *flows: Callflow, **switches: Any) -> Trial:
            named = dict(zip(("day", "night"), flows, strict=False))
            scene = await stack.enter_async_context(trial(Flows(named), prompts=True, **switches))
            sets_clock(scene, at)
            return scene

        yield set_up


def operations(scene: Trial) -> list[str]:
    return [request.operation for request in scene.acs.requests]


@pytest.mark.parametrize(
    ("at", "first"),
    [
        ("2026-03-28T07:30Z", CLOSED),
        ("2026-03-29T07:30Z", GREETING),
        ("2026-10-24T07:30Z", GREETING),
        ("2026-10-25T07:30Z", CLOSED),
    ],
)
async def test_a_line_opens_by_the_wall_clock_on_the_days_it_is_set(
    clock: Clock, at: str, first: str
) -> None:
    scene = await clock(at, line(HangUp(say=CLOSED)))
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(first)
    if first == GREETING:
        await phone.hangs_up()
    assert (await phone.ended()).by == ("caller" if first == GREETING else "bridge")
    (heard,) = phone.heard()
    assert (heard.text, heard.complete) == (first, True)
    assert heard.start_ms < 500
    end = (await scene.record()).end
    assert end
    if first == CLOSED:
        assert end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="closed")
        assert scene.voices.sessions == [], "a clip needs no speech service"


@pytest.mark.parametrize("to", ["+18005550199", "8:orgid:4a1d6c70-0f0e-4f4c-9a53-0d9f5f2f1c11"])
async def test_a_caller_is_passed_on_without_an_answer(clock: Clock, to: str) -> None:
    scene = await clock(CLOSED_AT, line(Transfer(to)))
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).transferred_to == to
    with pytest.raises(CallRefused, match="redirected"):
        await phone.answered()
    assert operations(scene) == ["redirect"]
    assert (await scene.record()).end == CallEnd(
        By.BRIDGE, Reason.REDIRECTED, Then.NOTHING, "closed"
    )
    assert scene.app[SWITCHBOARD].in_progress == []


async def test_a_caller_whom_acs_does_not_redirect_is_transferred(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: str) -> None:
        raise PhoneError("ACS answered 405 8520")

    monkeypatch.setattr(Calls, "redirect", refuse)
    scene = await clock(CLOSED_AT, line(Transfer("+18005550199")))
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).transferred_to == "+18005550199"
    assert operations(scene) == ["answer", "transferToParticipant"]
    assert (await scene.record()).end == CallEnd(
        By.BRIDGE, Reason.TRANSFERRED, Then.NOTHING, "closed"
    )


@pytest.mark.parametrize(
    "more", [{"say": CLOSED}, {"headers": {"User-To-User": "0123;encoding=hex"}}]
)
async def test_what_is_to_be_said_or_told_needs_an_answer(
    clock: Clock, more: dict[str, Any]
) -> None:
    scene = await clock(CLOSED_AT, line(Transfer("+18005550199", **more)))
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).transferred_to == "+18005550199"
    assert [heard.text for heard in phone.heard()] == ([CLOSED] if "say" in more else [])
    assert operations(scene) == ["answer", "transferToParticipant"]


async def test_a_line_that_has_nothing_to_say_is_busy(clock: Clock) -> None:
    scene = await clock(CLOSED_AT, line(HangUp()))
    phone = await scene.acs.dial(NUMBER)
    with pytest.raises(CallRefused, match="busy"):
        await phone.answered()
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.CLOSED, Then.NOTHING)


NIGHT = Callflow(
    number="+18005550101",
    greeting="Good evening. What is the matter?",
    silence=None,
    phone_rate_hz=16_000,
)


async def test_another_flow_answers_at_night(clock: Clock) -> None:
    scene = await clock(CLOSED_AT, line("night"), NIGHT)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(str(NIGHT.greeting))
    assert phone.rate_hz == 16_000
    await phone.says("My parcel is broken.")
    await phone.hears("")
    await phone.hangs_up()
    assert (await scene.record()).caller_turns == 1
    sets_clock(scene, OPEN_AT)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    assert phone.rate_hz == 24_000


async def test_a_call_that_was_answered_in_time_is_served(clock: Clock) -> None:
    switches = Switches(media_delay_s=3)
    scene = await clock(OPEN_AT, line("night"), NIGHT, acs_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await asyncio.sleep(0.5)  # answered after 0.1 s
    sets_clock(scene, CLOSED_AT)
    await phone.hears(GREETING)
    assert phone.rate_hz == 24_000


async def test_a_message_is_recorded_and_not_what_announced_it(
    clock: Clock, studio: Studio
) -> None:
    say, message = "Please leave a message, which is recorded.", "This is Jane. Please call me."
    scene = await clock(CLOSED_AT, line(Voicemail(say)), studio=studio)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(say)
    await phone.waits(2)
    await phone.says(message)
    await phone.presses("#")
    assert (await phone.ended()).by == "bridge"
    recorded = studio.hear(bytes(phone.recording), phone.rate_hz)
    assert [(heard.text, heard.complete) for heard in recorded] == [(message, True)]
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="closed")
