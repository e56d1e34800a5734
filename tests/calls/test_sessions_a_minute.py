"""Voice Live allows so many sessions a minute: calls in progress come first, then new ones."""

import asyncio

from bridge import HangUp
from bridge.lab.acs import Switches
from bridge.service.capacity import Shortage
from bridge.service.parts import CAPACITY
from tests.calls.conftest import NUMBER, Stage
from tests.calls.rush import ANSWER, GREETING, QUESTION, call, line, rush


async def test_sessions_that_would_come_too_late_turn_callers_away(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True, interlude_sessions_a_minute=10)
    await asyncio.sleep(60)  # from the rendering of prompts
    became = await rush(scene)
    assert {what: len(phones) for what, phones in became.items()} == {"served": 8, "busy": 4}
    assert len(scene.voices.sessions) == 8
    assert scene.app[CAPACITY].turned_away == {Shortage.SESSIONS: 4}


async def test_a_call_in_progress_has_another_session_when_new_calls_have_none(
    stage: Stage,
) -> None:
    scene = await stage(line(HangUp()), prompts=True, interlude_sessions_a_minute=5)
    await asyncio.sleep(60)
    phones = [await scene.acs.dial(NUMBER) for _ in range(4)]
    for phone in phones:
        await phone.hears(GREETING)
    assert (await call(scene))[0] == "busy"
    await scene.voices.sessions[0].drops()
    await phones[0].waits(1)
    assert len(scene.voices.sessions) == 5
    for phone in phones:
        await phone.says(QUESTION)
        await phone.hears(ANSWER)
        assert [heard.text for heard in phone.heard()] == [GREETING, ANSWER]


async def test_a_call_waits_a_moment_for_its_session_behind_its_greeting(stage: Stage) -> None:
    scene = await stage(line(HangUp()), prompts=True, interlude_sessions_a_minute=5)
    await asyncio.sleep(60)
    began_s = asyncio.get_running_loop().time()
    became = await asyncio.gather(*(call(scene) for _ in range(4)))
    assert [what for what, _ in became] == ["served"] * 4
    await asyncio.sleep(began_s + 58.5 - asyncio.get_running_loop().time())
    what, phone = await call(scene)
    assert what == "served"
    assert [heard.text for heard in phone.heard()] == [GREETING, ANSWER]
    record = [await scene.record() for _ in range(5)][-1]
    assert record.voice_ready_ms is not None
    assert 1_000 < record.voice_ready_ms < 3_000, "from when the media opened"


async def test_a_call_whose_media_never_came_takes_no_session_from_others(stage: Stage) -> None:
    switches = Switches(media_never=True)
    scene = await stage(line(HangUp()), acs_switches=switches, interlude_sessions_a_minute=30)
    await scene.acs.dial(NUMBER)
    await asyncio.sleep(0.5)  # answered after 0.1 s
    assert scene.app[CAPACITY].pace.free() == 23
    await scene.record()
    assert scene.app[CAPACITY].pace.free() == 24
