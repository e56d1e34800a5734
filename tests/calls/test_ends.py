"""Every call has an end that says who ended it and why, and leaves nothing behind."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bridge import Callflow, Fallback, Limits, Transfer
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import CallRefused, Fault
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.voicelive import Switches as VoiceSwitches
from bridge.service.parts import SWITCHBOARD
from tests.calls.conftest import NUMBER, Stage

GREETING = "Good morning, this is the order line."
FLOW = Callflow(number=NUMBER, greeting=GREETING, silence=None)


async def test_losing_the_voice_service_for_good_ends_the_call_and_blames_it(stage: Stage) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    scene.voices.switches = VoiceSwitches(handshake=401)
    await scene.voices.sessions[0].drops()
    assert (await phone.ended()).by == "bridge"
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.VOICE, Reason.LOST)


async def test_losing_the_media_for_good_ends_the_call_and_blames_the_carrier(stage: Stage) -> None:
    scene = await stage(FLOW, acs_switches=AcsSwitches(media_restart_fails=True))
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.drops_media()
    assert (await phone.ended()).by == "bridge", "the line would stay open in silence"
    assert (await scene.record()).end == CallEnd(
        By.CARRIER, Reason.MEDIA_FAILED, detail="MediaStreamingFailed 400/8581"
    )
    await scene.voices.sessions[0].ended()


async def test_a_caller_who_can_hear_nothing_any_more_is_transferred(stage: Stage) -> None:
    flow = replace(FLOW, fallback=Fallback(then=Transfer("+18005550199")))
    scene = await stage(flow, acs_switches=AcsSwitches(media_restart_fails=True))
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    await phone.drops_media()
    assert (await phone.ended()).transferred_to == "+18005550199"
    assert (await scene.record()).end == CallEnd(
        By.CARRIER, Reason.MEDIA_FAILED, Then.NOTHING, "MediaStreamingFailed 400/8581"
    )


async def test_media_that_never_comes_ends_the_call(stage: Stage) -> None:
    scene = await stage(FLOW, acs_switches=AcsSwitches(media_never=True))
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).by == "bridge"
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.CARRIER, Reason.MEDIA_FAILED)
    assert scene.voices.sessions == []


@pytest.mark.parametrize(
    ("switches", "reason", "detail"),
    [
        (VoiceSwitches(handshake=401), Reason.REFUSED, "WSServerHandshakeError 401"),
        (VoiceSwitches(handshake=429), Reason.UNREACHABLE, "WSServerHandshakeError 429"),
        (VoiceSwitches(handshake_s=30), Reason.UNREACHABLE, "no session within 5 s"),
        (VoiceSwitches(no_session_updated=True), Reason.UNREACHABLE, "no session within 5 s"),
    ],
)
async def test_a_voice_service_that_cannot_be_reached_ends_the_call(
    stage: Stage, switches: VoiceSwitches, reason: Reason, detail: str
) -> None:
    scene = await stage(FLOW, voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).by == "bridge"
    assert (await scene.record()).end == CallEnd(By.VOICE, reason, detail=detail)


async def test_a_session_that_is_refused_ends_the_call(stage: Stage) -> None:
    scene = await stage(FLOW, voice_switches=VoiceSwitches(error_instead_of_updated=True))
    phone = await scene.acs.dial(NUMBER)
    await phone.ended()
    end = (await scene.record()).end
    assert end
    assert (end.by, end.reason) == (By.VOICE, Reason.REFUSED)
    assert end.detail


@pytest.mark.parametrize("switches", [VoiceSwitches(handshake_s=30), VoiceSwitches(updated_s=30)])
async def test_a_caller_who_hangs_up_while_the_service_connects_is_not_kept(
    stage: Stage, switches: VoiceSwitches
) -> None:
    scene = await stage(FLOW, voice_switches=switches)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    await phone.hangs_up()
    record = await scene.record()
    assert record.end
    assert (record.end.by, record.end.reason) == (By.CALLER, Reason.HUNG_UP)
    assert record.lasted_ms < 5_000


async def test_a_call_has_a_longest_time(stage: Stage) -> None:
    scene = await stage(Callflow(number=NUMBER, silence=None, limits=Limits(longest_s=20)))
    phone = await scene.acs.dial(NUMBER)
    assert (await phone.ended()).by == "bridge"
    record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.TIME_LIMIT)
    assert record.lasted_ms == pytest.approx(20_000, abs=100)


async def test_a_process_that_must_stop_ends_its_calls(stage: Stage) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    scene.app[SWITCHBOARD].end_all()
    assert (await phone.ended()).by == "bridge"
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.SHUTDOWN)
    await scene.app[SWITCHBOARD].drain()


async def test_draining_lets_a_call_end_by_itself_and_takes_no_new_one(stage: Stage) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    drained = asyncio.create_task(scene.app[SWITCHBOARD].drain())
    late = await scene.acs.dial(NUMBER)
    with pytest.raises(CallRefused):
        await late.answered()
    assert not drained.done()
    await phone.hangs_up()
    await phone.ended()
    await drained


@pytest.mark.parametrize("number", ["+18005550177", "8:acs:resource_user"])
async def test_a_number_without_a_flow_is_rejected(stage: Stage, number: str) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(number)
    with pytest.raises(CallRefused, match="forbidden"):
        await phone.answered()
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.NO_FLOW, Then.NOTHING)
    assert [request.operation for request in scene.acs.requests] == ["reject"]


async def test_acs_refusing_the_answer_is_tried_again_by_event_grid(stage: Stage) -> None:
    scene = await stage(FLOW, acs_switches=AcsSwitches(answer_error=Fault(403, "7504", times=2)))
    phone = await scene.acs.dial(NUMBER)
    with pytest.raises(CallRefused):
        await phone.answered()
    ends = [(await scene.record()).end, (await scene.record()).end]
    expected = CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, "ACS answered 403 7504")
    assert ends == [expected, expected]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        '{"kind":"AudioData","audioData":{"data":"%%%"}}',
        '{"kind":"AudioData","audioData":{"data":"AAEC"}}',
        '{"kind":"SomethingNew","x":1}',
    ],
)
async def test_a_frame_that_cannot_be_read_costs_nothing(stage: Stage, frame: str) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    for _ in range(3):
        await phone.sends(frame)
    await phone.hears(GREETING)
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.something_new", "x": 1},
        {"type": "response.audio.delta", "delta": "%%%"},
        {"type": "response.done"},
        {"no": "type"},
        [],
    ],
)
async def test_an_event_that_cannot_be_read_costs_nothing(stage: Stage, event: Any) -> None:
    scene = await stage(FLOW)
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    session = scene.voices.sessions[0]
    await session.sends(json.dumps(event))
    await session.sends("{")
    await phone.says("Hello there.")
    await phone.hears("")
    await phone.hangs_up()
    end = (await scene.record()).end
    assert end
    assert end.by is By.CALLER


async def test_unknown_events_everywhere_cost_nothing(stage: Stage) -> None:
    scene = await stage(
        FLOW,
        acs_switches=AcsSwitches(extra_frames=True),
        voice_switches=VoiceSwitches(extra_events=True, odd_bytes=True),
    )
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)


async def test_nothing_outlives_a_call(stage: Stage) -> None:
    scene = await stage(FLOW)
    before = asyncio.all_tasks()
    phone = await scene.acs.dial(NUMBER)
    await phone.hears(GREETING)
    assert asyncio.all_tasks() - before
    await phone.hangs_up()
    await phone.ended()
    await scene.record()
    await scene.voices.sessions[0].ended()
    await scene.app[SWITCHBOARD].drain()
    mine = {t for t in asyncio.all_tasks() - before if "bridge/call" in str(t.get_coro())}
    assert mine == set()
    assert scene.app[SWITCHBOARD]._answered == {}
