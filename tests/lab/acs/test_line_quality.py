import pytest

from bridge.lab.acs import LineQuality
from bridge.lab.speech import Studio, caller_mouths
from tests.audio.tones import snr_db, tone

from .conftest import Bridge, Dial

HIGH_HZ, LOW_HZ = 6_000, 1_000
BOTH = [(LOW_HZ, -1.0, 1.0), (HIGH_HZ, -200.0, -30.0)]


@pytest.fixture(autouse=True)
def no_echo(bridge: Bridge) -> None:
    bridge.echo = False


@pytest.mark.parametrize(("hz", "least_db", "most_db"), BOTH)
async def test_a_telephone_line_narrows_the_caller_and_the_bridge(
    dial: Dial, bridge: Bridge, hz: float, least_db: float, most_db: float
) -> None:
    phone = await dial(line=LineQuality(g711=True))
    await bridge.says(tone(hz, 1, phone.rate_hz))
    await phone.plays(tone(hz, 1, phone.rate_hz), phone.rate_hz)
    for pcm in (bytes(phone.agent), bridge.audio()):
        heard = snr_db(pcm[phone.rate_hz // 2 : phone.rate_hz], hz, phone.rate_hz)
        assert least_db < heard.gain_db < most_db
    assert snr_db(bytes(phone.caller)[:48_000], hz, phone.rate_hz).gain_db == pytest.approx(
        0, abs=1
    )


async def test_what_is_lost_one_way_is_not_what_is_lost_the_other_way(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial(line=LineQuality(loss=0.2), seed=5)
    sound = tone(LOW_HZ, 2, phone.rate_hz)
    await bridge.says(sound)
    await phone.plays(sound, phone.rate_hz)
    sent, came = bridge.audio(), bytes(phone.agent)
    assert sent[:96_000] != sound[:96_000] != came[:96_000]
    assert sent[:96_000] != came[:96_000]


async def test_callers_understand_the_lab_over_a_bad_line(
    dial: Dial, bridge: Bridge, studio: Studio
) -> None:
    phone = await dial(line=LineQuality(g711=True, loss=0.03, burst=2))
    await phone.says("Where is order four two seven one?")
    assert studio.transcribe(bridge.audio(), 24_000) == "Where is order four two seven one?"


async def test_a_caller_may_have_another_voice(dial: Dial, bridge: Bridge, studio: Studio) -> None:
    phone = await dial()
    lengths = set()
    for name, mouth in caller_mouths("en-US").items():
        phone.voice = mouth
        await phone.says(f"I am {name}.")
        lengths.add(len(await studio.speak("Who am I?", mouth)))
    heard = studio.hear(bridge.audio(), 24_000)
    assert [line.text for line in phone.said] == [line.text for line in heard]
    assert len(lengths) == 4, "no two sound alike"
