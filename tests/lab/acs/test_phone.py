import asyncio

import pytest

from bridge.audio.pcm import duration_ms, silence
from bridge.audio.resample import Resampler
from bridge.lab.acs import AcsStandIn, DidNotHear, Line, LineDead
from bridge.lab.speech import RATE_HZ, Heard, Mouth, Studio

from .conftest import NUMBER, Bridge, Dial

ON_ITS_WAY = "Your order is on its way."
ANYTHING_ELSE = "Is there anything else?"


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


async def speech(studio: Studio, text: str) -> bytes:
    """A line of the agent, at the rate of the wire."""
    resampler = Resampler(RATE_HZ, 24_000)
    return resampler(await studio.speak(text, Mouth("en-US"))) + resampler.flush()


async def test_a_caller_hears_a_line_to_its_end(dial: Dial, bridge: Bridge, studio: Studio) -> None:
    phone = await dial()
    await phone.waits(0.51)
    pcm = await speech(studio, ON_ITS_WAY)
    await bridge.says(pcm)
    heard_ms = await phone.hears("on its WAY")
    assert heard_ms == pytest.approx(500 + duration_ms(pcm, 24_000), abs=60)
    assert heard_ms <= phone.line_ms <= heard_ms + 1000
    (line,) = phone.heard()
    assert line.text == ON_ITS_WAY
    assert line.start_ms == pytest.approx(500, abs=25)


async def test_a_line_is_heard_once(dial: Dial, bridge: Bridge, studio: Studio) -> None:
    phone = await dial()
    await bridge.says(await speech(studio, ON_ITS_WAY) + await speech(studio, ANYTHING_ELSE))
    first_ms = await phone.hears(ON_ITS_WAY)
    assert await phone.hears(ANYTHING_ELSE) > first_ms
    with pytest.raises(DidNotHear, match="nothing"):
        await phone.hears(ON_ITS_WAY, within_s=2)


async def test_a_caller_who_hears_something_else_says_what(
    dial: Dial, bridge: Bridge, studio: Studio
) -> None:
    phone = await dial()
    await bridge.says(await speech(studio, ANYTHING_ELSE))
    with pytest.raises(DidNotHear, match=r"instead: .*anything else"):
        await phone.hears(ON_ITS_WAY, within_s=5)
    assert phone.line_ms == 5000


async def test_half_a_line_is_not_heard(dial: Dial, bridge: Bridge, studio: Studio) -> None:
    phone = await dial()
    pcm = await speech(studio, ON_ITS_WAY)
    await bridge.says(pcm[: len(pcm) // 960 * 480])
    with pytest.raises(DidNotHear):
        await phone.hears(ON_ITS_WAY, within_s=5)


async def test_a_line_that_the_end_of_the_call_cut_off_is_not_heard(
    dial: Dial, bridge: Bridge, studio: Studio
) -> None:
    phone = await dial()
    await bridge.says(await speech(studio, ON_ITS_WAY))
    hearing = asyncio.create_task(phone.hears(ON_ITS_WAY))
    await phone.waits(0.5)
    await bridge.call(phone.connection_id).hang_up(is_for_everyone=True)
    with pytest.raises(DidNotHear):
        await hearing
    assert phone.line_ms == 500


async def test_a_caller_listens_when_the_agent_pauses(
    dial: Dial, bridge: Bridge, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened: list[int] = []

    def hear(self: Studio, pcm: bytes, rate_hz: int) -> list[Heard]:
        listened.append(len(pcm))
        return attentive(self, pcm, rate_hz)

    attentive = Studio.hear
    monkeypatch.setattr(Studio, "hear", hear)
    phone = await dial()
    for text in (ANYTHING_ELSE, ON_ITS_WAY):
        await bridge.says(await speech(studio, text) + silence(1000, 24_000))
    await phone.hears(ON_ITS_WAY)
    assert len(listened) <= 4


async def test_a_caller_waits_for_the_agent_to_pause(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await bridge.says(b"\0\x20" * 24_000 + silence(500, 24_000) + b"\0\x20" * 24_000)
    await phone.pauses()
    assert phone.line_ms == 3200


async def test_an_end_is_a_pause(dial: Dial, bridge: Bridge, studio: Studio) -> None:
    phone = await dial()
    await bridge.says(await speech(studio, ON_ITS_WAY))
    pausing = asyncio.create_task(phone.pauses())
    await phone.waits(0.2)
    await phone.hangs_up()
    await pausing


async def test_a_caller_speaks_until_the_last_sample(
    acs: AcsStandIn, bridge: Bridge, studio: Studio
) -> None:
    phone = await acs.dial(NUMBER)
    await phone.says("Can you help me?")
    (said,) = phone.said
    assert said == Line("Can you help me?", 0, said.end_ms)
    assert phone.line_ms == pytest.approx(said.end_ms, abs=20)
    await phone.hangs_up()
    assert studio.transcribe(bridge.audio(), 24_000) == "Can you help me?"


async def test_a_caller_speaks_the_language_of_the_call(
    acs: AcsStandIn, bridge: Bridge, studio: Studio
) -> None:
    phone = await acs.dial(NUMBER, language="de-DE")
    await phone.says("Wo ist mein Paket?")
    german = await studio.speak("Wo ist mein Paket?", Mouth("de-DE", pitch=0.75))
    assert duration_ms(bridge.audio(), 24_000) == pytest.approx(
        duration_ms(german, RATE_HZ), abs=40
    )
    await phone.hangs_up()


async def test_what_is_said_at_once_is_said_one_after_the_other(dial: Dial) -> None:
    phone = await dial()
    async with asyncio.TaskGroup() as both:
        both.create_task(phone.says("Hello?"))
        both.create_task(phone.says("Can you help me?"))
    first, second = phone.said
    assert first.end_ms == pytest.approx(second.start_ms)


async def test_a_caller_who_is_cut_off_knows_it(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    speaking = asyncio.create_task(phone.says("This is going to take me quite a while to say."))
    await phone.waits(0.5)
    await bridge.call(phone.connection_id).hang_up(is_for_everyone=True)
    with pytest.raises(LineDead):
        await speaking


async def test_any_sound_is_sent_at_the_rate_of_the_line(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    await phone.plays(b"\0\x20" * 16_000, 16_000)
    assert phone.line_ms == pytest.approx(1000, abs=20)
    await phone.waits(0.1)
    assert bridge.audio() == phone.caller
    assert phone.caller[24_000:24_002] == b"\0\x20"


async def test_the_recording_begins_when_the_media_opens(dial: Dial) -> None:
    phone = await dial()
    assert phone.opened_s == asyncio.get_running_loop().time()
    assert phone.line_ms == 0
    await phone.waits(0.51)
    assert phone.line_ms == 500
