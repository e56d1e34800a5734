"""A Voice Live that takes nothing from us for a while: the caller hears it all the same."""

import asyncio

import pytest

from bridge import Callflow
from bridge.audio.pcm import duration_ms
from bridge.call.uplink import AT_ONCE_MS
from bridge.lab.acs import Phone
from bridge.lab.voicelive import ScriptBrain, Thought
from bridge.trial import Trial
from bridge.voicelive.leg import VoiceLiveLeg
from tests.audio.tones import tone
from tests.calls.conftest import NUMBER, Stage
from tests.calls.waiting import ANSWER, QUESTION

RATE_HZ = 24_000
DEAF = {"turn_detection": None}
"""Without it, a caller's tone would be a barge-in."""


class Clog:
    """Between the bridge and Voice Live's socket: sending sound waits while it is there.

    A kernel takes megabytes before it makes anybody wait: the lab's side cannot just stop reading.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent_ms: list[float] = []
        """Sound in each message."""
        self._clear = asyncio.Event()
        self._clear.set()
        hear = VoiceLiveLeg.hear

        async def hear_when_clear(leg: VoiceLiveLeg, pcm: bytes) -> None:
            await self._clear.wait()
            self.sent_ms.append(duration_ms(pcm, leg.input_rate_hz))
            await hear(leg, pcm)

        monkeypatch.setattr(VoiceLiveLeg, "hear", hear_when_clear)

    async def lasts(self, seconds: float) -> None:
        self._clear.clear()
        await asyncio.sleep(seconds)
        self._clear.set()


@pytest.fixture
def clog(monkeypatch: pytest.MonkeyPatch) -> Clog:
    return Clog(monkeypatch)


async def connected(scene: Trial) -> Phone:
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(2)
    return phone


async def test_the_caller_hears_the_agent_without_a_gap_and_is_heard_later(
    stage: Stage, clog: Clog
) -> None:
    scene = await stage(Callflow(number=NUMBER, silence=None, raw=DEAF))
    phone = await connected(scene)
    (session,) = scene.voices.sessions
    clog.sent_ms.clear()
    there, back = tone(997, 5, RATE_HZ), tone(1_499, 5, RATE_HZ)
    async with asyncio.TaskGroup() as both_ways:
        both_ways.create_task(clog.lasts(3))
        both_ways.create_task(session.plays(back))
        began_ms = phone.line_ms
        await phone.plays(there, RATE_HZ)
    await phone.waits(0.5)
    at = bytes(phone.agent).find(back)
    assert at >= 0, "not a sample is late, or missing"
    assert duration_ms(bytes(at), RATE_HZ) - began_ms <= 300
    assert there in session.audio_received, "all of it, in order"
    assert max(clog.sent_ms) == AT_ONCE_MS
    piled_up = [ms for ms in clog.sent_ms if ms > 20]
    assert sum(piled_up) == pytest.approx(3_000, abs=60)
    assert len(piled_up) <= 7
    await phone.hangs_up()
    record = await scene.record()
    assert record.frames_dropped == 0
    assert record.underruns == 0


async def test_each_frame_of_an_ordinary_call_is_sent_at_once_and_alone(
    stage: Stage, clog: Clog
) -> None:
    scene = await stage(Callflow(number=NUMBER, silence=None, raw=DEAF))
    phone = await connected(scene)
    (session,) = scene.voices.sessions
    clog.sent_ms.clear()
    await phone.plays(tone(997, 5, RATE_HZ), RATE_HZ)
    behind = len(phone.caller) - len(session.audio_received)
    assert duration_ms(bytes(behind), RATE_HZ) <= 20
    assert set(clog.sent_ms) == {20}
    await phone.hangs_up()
    record = await scene.record()
    assert record.voice_ready_ms is not None
    assert record.frames_coalesced <= record.voice_ready_ms / 20


async def test_a_question_outlives_the_silence_after_it(stage: Stage, clog: Clog) -> None:
    scene = await stage(
        Callflow(number=NUMBER, silence=None), brain=ScriptBrain([Thought(say=ANSWER)])
    )
    phone = await connected(scene)
    clogged = asyncio.create_task(clog.lasts(20))
    await phone.says(QUESTION)
    await clogged
    await phone.hears(ANSWER)
    (session,) = scene.voices.sessions
    assert session.heard == [QUESTION]
    await phone.hangs_up()
    record = await scene.record()
    assert record.frames_dropped == pytest.approx(10 * 50, abs=30)
