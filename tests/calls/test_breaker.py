"""Speech is down: whoever calls next is not made to find that out, and one call finds the end."""

import asyncio

import pytest

from bridge import Callflow, Fallback, HangUp, Transfer
from bridge.call.breaker import OPEN_S
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import Phone
from bridge.lab.voicelive import Switches
from bridge.service.parts import SWITCHBOARD
from bridge.trial import Trial
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
MEANWHILE, SORRY = "One moment.", "I am sorry, we have a technical problem."
TRIED = [GREETING, MEANWHILE, MEANWHILE, SORRY]
"""What a caller hears while the line tries to have speech, for 8 s: the words come 2.5 s after the
media has opened and 4 s after their end, 0.7 s before it gives up."""
GONE = Switches(handshake=503)


def line(then: HangUp | Transfer) -> Callflow:
    fallback = Fallback(meanwhile=MEANWHILE, say=SORRY, then=then)
    return Callflow(number=NUMBER, greeting=GREETING, silence=None, fallback=fallback)


async def call(scene: Trial) -> tuple[Phone, list[str]]:
    """Call, and listen until the line hangs up."""
    phone = await scene.acs.dial(NUMBER)
    await phone.ended()
    return phone, [heard.text for heard in phone.heard()]


async def outage(stage: Stage, then: HangUp | Transfer) -> Trial:
    """Speech has been down for one call."""
    scene = await stage(line(then), prompts=True)
    scene.voices.switches = GONE
    _, heard = await call(scene)
    assert heard == TRIED
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.VOICE, Reason.UNREACHABLE)
    return scene


async def test_the_next_caller_hears_the_apology_at_once(stage: Stage) -> None:
    scene = await outage(stage, HangUp())
    phone, heard = await call(scene)
    assert heard == [SORRY]
    assert phone.heard()[0].start_ms < 500
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail="speech is down")


async def test_the_next_caller_is_passed_on_without_an_answer(stage: Stage) -> None:
    scene = await outage(stage, Transfer("+18005550199"))
    await scene.acs.phones[0].ended()
    scene.acs.requests.clear()
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).transferred_to == "+18005550199"
    assert [request.operation for request in scene.acs.requests] == ["redirect"]
    assert (await scene.record()).end == CallEnd(
        By.BRIDGE, Reason.REDIRECTED, Then.NOTHING, "speech is down"
    )


async def test_one_call_finds_out_that_speech_is_back(stage: Stage) -> None:
    scene = await outage(stage, HangUp())
    scene.voices.switches = Switches()
    assert (await call(scene))[1] == [SORRY], "nobody knows yet"
    await asyncio.sleep(OPEN_S)
    for _ in range(2):
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.says("Where is my order?")
        await phone.hears("")
        await phone.hangs_up()


async def test_one_call_finds_out_that_speech_is_still_down(stage: Stage) -> None:
    scene = await outage(stage, HangUp())
    await asyncio.sleep(OPEN_S)
    first, second = await asyncio.gather(call(scene), call(scene))
    assert sorted((first[1], second[1])) == [TRIED, [SORRY]]
    assert (await call(scene))[1] == [SORRY]


@pytest.mark.parametrize("away_s", [2.0, 5.0])
async def test_a_call_in_progress_is_there_when_speech_comes_back(
    stage: Stage, away_s: float
) -> None:
    scene = await stage(line(HangUp()), prompts=True)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    scene.voices.switches = GONE
    await scene.voices.sessions[-1].drops()
    await phone.waits(away_s)
    assert scene.app[SWITCHBOARD].breaker.is_open
    scene.voices.switches = Switches()
    await phone.waits(3)
    assert not scene.app[SWITCHBOARD].breaker.is_open
    await phone.says("Where is my order?")
    await phone.hears("")
    await phone.hangs_up()
    assert (await scene.record()).reconnects == 1


async def test_an_apology_that_was_not_rendered_keeps_nobody_from_trying(stage: Stage) -> None:
    scene = await stage(line(HangUp()), voice_switches=GONE)
    await call(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    scene.voices.switches = Switches()
    await phone.hears(GREETING)
