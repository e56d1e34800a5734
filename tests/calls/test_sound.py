"""The sound of a call, measured at the far ends."""

import pytest

from bridge import Callflow
from bridge.lab.acs import Phone
from bridge.lab.voicelive import Session
from bridge.trial import Trial
from tests.audio.tones import loudest_hz, snr_db, tone
from tests.calls.conftest import NUMBER, Stage

RATES = [16_000, 24_000]
VOICE_HZ = 24_000


async def connected(scene: Trial) -> tuple[Phone, Session]:
    """A call without a word said, both legs up."""
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    return phone, scene.voices.sessions[-1]


def middle(pcm: bytes, rate_hz: int, seconds: float) -> bytes:
    """The loud part, without its first and last 100 ms."""
    start = next(i for i in range(0, len(pcm), 2) if pcm[i : i + 2] not in (b"\0\0", b"\1\0"))
    edge = rate_hz // 10
    return pcm[start + 2 * edge : start + 2 * (int(seconds * rate_hz) - edge)]


@pytest.mark.parametrize("phone_hz", RATES)
@pytest.mark.parametrize("hz", [301, 997, 3001, 6997])
async def test_a_tone_arrives_clean_in_both_directions(
    stage: Stage, phone_hz: int, hz: int
) -> None:
    flow = Callflow(number=NUMBER, phone_rate_hz=phone_hz)  # type: ignore[arg-type]
    phone, session = await connected(await stage(flow))
    await phone.plays(tone(hz, 2, phone_hz), phone_hz)
    await phone.waits(0.2)
    await session.plays(tone(hz, 2, VOICE_HZ))
    await phone.waits(2.5)
    for pcm, rate in ((bytes(session.audio_received), VOICE_HZ), (bytes(phone.received), phone_hz)):
        heard = middle(pcm, rate, 2)
        assert loudest_hz(heard, rate) == pytest.approx(hz, abs=1)
        measured = snr_db(heard, hz, rate)
        print(f"{hz} Hz, {phone_hz} Hz telephone: SNR {measured.snr_db:.1f} dB")  # noqa: T201
        assert measured.snr_db >= 60
        assert abs(measured.gain_db) <= 0.1


async def test_at_equal_rates_not_a_bit_changes(stage: Stage) -> None:
    phone, session = await connected(await stage(Callflow(number=NUMBER)))
    there, back = tone(997, 1, VOICE_HZ), tone(1499, 1, VOICE_HZ)
    await phone.plays(there, VOICE_HZ)
    await session.plays(back)
    await phone.waits(1.5)
    assert there in session.audio_received
    assert back in phone.received


@pytest.mark.parametrize("phone_hz", RATES)
async def test_no_frame_is_lost_in_two_minutes(stage: Stage, phone_hz: int) -> None:
    """Every sample of a slow sweep of levels is there, in order, once."""
    flow = Callflow(
        number=NUMBER,
        phone_rate_hz=phone_hz,  # type: ignore[arg-type]
        raw={"turn_detection": None},  # else the caller's tone would be a barge-in
    )
    phone, session = await connected(await stage(flow))
    frames = 120 * 50
    await session.plays(tone(440, 120, VOICE_HZ))
    before = len(session.audio_received)
    await phone.plays(tone(440, 120, phone_hz), phone_hz)
    await phone.waits(1)
    # A resampler gives back its last 2 ms in a frame more.
    assert phone.received_frames == frames + (phone_hz != VOICE_HZ)
    assert phone.complaints == []
    there = bytes(session.audio_received[before:])
    # One cut, lost or doubled frame would break the phase, and with it the fit, for good.
    assert snr_db(middle(there, VOICE_HZ, 120), 440, VOICE_HZ).snr_db >= 60
    assert snr_db(middle(bytes(phone.received), phone_hz, 120), 440, phone_hz).snr_db >= 60
    # And nothing of it was late: what was played to the caller has no gap.
    assert snr_db(middle(bytes(phone.agent), phone_hz, 120), 440, phone_hz).snr_db >= 60
