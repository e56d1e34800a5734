"""Steps of a long wait: further lines, music, and an end to waiting."""

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bridge import HangUp, Play, Say, Transfer, Trigger
from bridge.call.cover import GAVE_UP
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.lab.acs import Phone
from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.report import CallReport
from bridge.lab.speech import RATE_HZ, Studio, caller_mouth
from callflows import order_status
from tests.calls.conftest import Stage
from tests.calls.waiting import ANSWER, LINE, THRESHOLD_MS, Clock, ask, lines, look_up, static

SECOND = "I am still looking."


async def test_steps_follow_at_their_times_until_the_answer_comes(stage: Stage) -> None:
    steps = (Say(SECOND, after_ms=5_000), Transfer("+18005550199", after_ms=20_000))
    scene = await stage(look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=8), prompts=True)
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    heard = lines(phone)
    assert [line.text for line in heard] == [LINE, SECOND, ANSWER]
    called_ms = clock.ms(phone, "tool_called")
    assert heard[1].start_ms - called_ms == pytest.approx(5_000, abs=150)
    silences = [later.start_ms - earlier.end_ms for earlier, later in pairwise(heard)]
    silences.append(heard[0].start_ms - phone.said[0].end_ms)
    print(f"longest silence in a lookup of 8 s: {max(silences):.0f} ms")  # noqa: T201
    assert max(silences) <= 3_000
    await phone.hangs_up()
    (wait,) = (await scene.record()).waits
    assert (wait.lines, wait.wasted) == (2, False)
    assert wait.dead_air_ms == pytest.approx(THRESHOLD_MS, abs=30)
    assert wait.lasted_ms == pytest.approx(8_500, abs=300)


@pytest.mark.parametrize("accepted", [True, False])
async def test_the_last_step_gives_up_while_the_tool_still_runs(
    stage: Stage, *, accepted: bool
) -> None:
    apology = "I am sorry, I will connect you."
    steps = (Transfer("+18005550199", say=apology, after_ms=4_000),)
    switches = AcsSwitches() if accepted else AcsSwitches(transfer_result=(480, 560480))
    scene = await stage(
        look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=20),
        prompts=True,
        acs_switches=switches,
    )
    clock = Clock(scene)
    phone = await ask(scene)
    at_ms = await phone.hears(apology)
    assert at_ms - clock.ms(phone, "tool_called") < 4_000 + 3_500
    if not accepted:
        await phone.hears(ANSWER, within_s=30)
        return
    assert (await phone.ended()).transferred_to == "+18005550199"
    record = await scene.record()
    assert record.end == CallEnd(By.BRIDGE, Reason.TRANSFERRED, Then.NOTHING, GAVE_UP)
    assert [line.text for line in lines(phone)] == [LINE, apology]


async def test_giving_up_may_be_a_goodbye(stage: Stage) -> None:
    goodbye = "Please call again later. Goodbye."
    steps = (HangUp(goodbye, after_ms=4_000),)
    scene = await stage(look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=90))
    phone = await ask(scene)
    await phone.ended()
    assert [line.text for line in lines(phone)] == [LINE, goodbye]
    assert (await scene.record()).end == CallEnd(By.BRIDGE, Reason.HUNG_UP, detail=GAVE_UP)


@pytest.fixture
def hold(tmp_path: Path) -> str:
    """A steady tone of 440 Hz at -11.2 dBFS, half a second long."""
    at = np.arange(RATE_HZ // 2) / RATE_HZ
    file = tmp_path / "hold.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, RATE_HZ, 0, "NONE", "NONE"))
        sound.writeframes((9_000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes())
    return str(file)


def tone(phone: Phone, from_ms: float, to_ms: float) -> float:
    """Level of 440 Hz in what the caller hears, in dB under full scale."""
    samples = np.frombuffer(bytes(phone.agent), "<i2").astype(float) / 32_768
    part = samples[int(from_ms * phone.rate_hz / 1000) : int(to_ms * phone.rate_hz / 1000)]
    turning = np.exp(-2j * np.pi * 440 * np.arange(len(part)) / phone.rate_hz)
    return 20 * float(np.log10(2 * abs(part @ turning) / len(part) + 1e-9))


async def test_music_fills_a_wait_softer_under_words_and_fades_when_the_answer_comes(
    stage: Stage, hold: str
) -> None:
    steps = (Play(hold, after_ms=3_000), Say(SECOND, after_ms=5_000))
    scene = await stage(look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=9), prompts=True)
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    await phone.waits(1)
    called_ms = clock.ms(phone, "tool_called")
    first, second, answer = lines(phone)
    assert [first.text, second.text, answer.text] == [LINE, SECOND, ANSWER]
    assert tone(phone, called_ms + 2_700, called_ms + 2_950) < -60, "not before its time"
    full = tone(phone, called_ms + 3_200, called_ms + 4_800)
    assert full == pytest.approx(-11.2, abs=0.2)
    under = tone(phone, second.start_ms + 100, second.end_ms - 100)
    assert under == pytest.approx(full - 14, abs=1.5)
    assert tone(phone, second.end_ms + 200, second.end_ms + 1_000) == pytest.approx(full, abs=1)
    assert tone(phone, answer.start_ms - 400, answer.start_ms - 20) == pytest.approx(full, abs=2)
    assert tone(phone, answer.start_ms + 60, answer.end_ms) < -45, "faded in 60 ms"
    await phone.hangs_up()
    (wait,) = (await scene.record()).waits
    assert wait.covered_ms == pytest.approx(wait.lasted_ms - 3_000 + 1_700, abs=400)


async def test_music_stops_for_a_caller_who_speaks_and_goes_on_after(
    stage: Stage, hold: str
) -> None:
    steps = (Play(hold, after_ms=2_500),)
    flow = look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=12)
    scene = await stage(flow, prompts=True)
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.waits(6)
    cough = await Studio().speak("Ahem, ahem, ahem.", caller_mouth("fr-FR"))
    await phone.plays(cough, RATE_HZ)
    await phone.waits(2)
    (stopped_ms, *_) = phone.stops
    back_ms = clock.ms(phone, "speech_stopped", 1)
    assert tone(phone, stopped_ms - 300, stopped_ms) > -12.5
    assert tone(phone, stopped_ms + 40, back_ms - 20) < -60
    assert tone(phone, back_ms + 200, back_ms + 900) > -12.5
    await phone.hears(ANSWER)
    await phone.hangs_up()
    assert (await scene.record()).barge_ins == 0, "music is no speech"


async def test_music_goes_on_after_a_transfer_that_failed(stage: Stage, hold: str) -> None:
    apology = "I will connect you."
    steps = (Play(hold, after_ms=2_500), Transfer("+18005550199", say=apology, after_ms=4_000))
    scene = await stage(
        look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=20),
        prompts=True,
        acs_switches=AcsSwitches(transfer_result=(480, 560480)),
    )
    phone = await ask(scene)
    await phone.hears(ANSWER, within_s=40)
    answer = lines(phone)[-1]
    assert tone(phone, answer.start_ms - 1_000, answer.start_ms - 50) > -12.5


async def test_a_sound_of_its_own_length_ends_by_itself(stage: Stage, hold: str) -> None:
    steps = (Play(hold, after_ms=3_000, times=2),)
    scene = await stage(look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=6), prompts=True)
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    called_ms = clock.ms(phone, "tool_called")
    assert tone(phone, called_ms + 3_100, called_ms + 3_900) > -12.5
    assert tone(phone, called_ms + 4_100, called_ms + 5_900) < -60


async def test_a_line_repeats_as_often_as_it_may(stage: Stage) -> None:
    steps = (Say(SECOND, after_ms=4_000, every_ms=3_000, times=3), HangUp(after_ms=60_000))
    scene = await stage(look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=30), prompts=True)
    clock = Clock(scene)
    phone = await ask(scene)
    await phone.hears(ANSWER, within_s=60)
    heard = lines(phone)
    assert [line.text for line in heard] == [LINE, SECOND, SECOND, SECOND, ANSWER]
    called_ms = clock.ms(phone, "tool_called")
    times = [line.start_ms - called_ms for line in heard[1:4]]
    assert times == pytest.approx([4_000, 7_000, 10_000], abs=100)


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_answer_that_comes_while_the_wait_is_given_up_is_not_spoken_over_it(
    stage: Stage, *, accepted: bool
) -> None:
    apology = "I am sorry that this takes so long, I will connect you to a colleague now."
    steps = (Transfer("+18005550199", say=apology, after_ms=4_000),)
    switches = AcsSwitches() if accepted else AcsSwitches(transfer_result=(480, 560480))
    scene = await stage(
        look_up(static(Trigger.TOOL, "auto", then=steps), takes_s=4.1),
        prompts=True,
        acs_switches=switches,
    )
    phone = await ask(scene)
    if accepted:
        assert (await phone.ended()).transferred_to == "+18005550199"
        assert [line.text for line in lines(phone)] == [LINE, apology]
    else:
        await phone.hears(ANSWER)
        assert [line.text for line in lines(phone)] == [LINE, apology, ANSWER]
        await phone.hangs_up()
    (wait,) = (await scene.record()).waits
    assert wait.end == "given_up" if accepted else "answered"


async def test_the_demo_keeps_no_caller_in_silence_for_three_seconds(stage: Stage) -> None:
    interim = order_status.flow.interim
    assert interim
    flow = look_up(interim, takes_s=8, phone_rate_hz=16_000)
    scene = await stage(flow, prompts=True, folder=Path(order_status.__file__).parent)
    phone = await ask(scene)
    await phone.hears(ANSWER)
    report = CallReport(
        flow="order_status",
        rate_hz=phone.rate_hz,
        caller=bytes(phone.caller),
        agent=bytes(phone.agent),
        events=[],
        said=phone.said,
        heard=lines(phone),
        bridge={},
    )
    print(f"longest silence in a lookup of 8 s, demo: {report.longest_silence_ms:.0f} ms")  # noqa: T201
    assert [line.text for line in report.heard][1:] == [interim.lines[2], ANSWER]
    assert 500 < report.longest_silence_ms <= 3_000
