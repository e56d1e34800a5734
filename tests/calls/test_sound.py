"""The sound of a call, measured at the far ends."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bridge import Callflow
from bridge.lab.acs import Phone
from bridge.lab.voicelive import Session, Switches
from bridge.trial import Trial
from tests.audio.tones import loudest_hz, snr_db, tone
from tests.calls.conftest import NUMBER, Stage

Sound = npt.NDArray[np.int16]

VOICE_HZ = {
    "pcm16_8000hz": 8_000,
    "pcm16_16000hz": 16_000,
    "pcm16_24000hz": 24_000,
    "g711_ulaw": 8_000,
    "g711_alaw": 8_000,
}
MATCHED = [(24_000, None), (16_000, None), (16_000, "pcm16_16000hz")]
MIXED = [
    (16_000, "pcm16_24000hz"),
    (24_000, "pcm16_16000hz"),
    (16_000, "pcm16_8000hz"),
    (24_000, "g711_ulaw"),
    (24_000, "g711_alaw"),
]
COUNTED_MINUTES = 10
NO_TURNS = {"turn_detection": {"type": "azure_semantic_vad", "speech_duration_ms": 3_600_000}}
"""A tone must last an hour to be a word of the caller's, and so a barge-in."""


def line(phone_hz: Any, voice_audio: Any, **fields: Any) -> Callflow:
    return Callflow(
        number=NUMBER, silence=None, phone_rate_hz=phone_hz, voice_audio=voice_audio, **fields
    )


async def connected(scene: Trial) -> tuple[Phone, Session]:
    """A call without a word said, both legs up."""
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(0.5)
    return phone, scene.voices.sessions[-1]


def middle(pcm: bytes, rate_hz: int, seconds: float) -> bytes:
    """The loud part, without its first and last 100 ms."""
    loud = np.abs(np.frombuffer(pcm, "<i2").astype(int)) > 1_000
    start, edge = int(loud.argmax()), rate_hz // 10
    return pcm[2 * (start + edge) : 2 * (start + int(seconds * rate_hz) - edge)]


@pytest.mark.parametrize(
    ("phone_hz", "voice_audio", "hz"),
    [
        (phone_hz, voice_audio, hz)
        for phone_hz, voice_audio in MATCHED + MIXED
        for hz in (301, 997, 3001, 3397, 6997)
        if 2 * hz < VOICE_HZ[voice_audio or "pcm16_24000hz"]
    ],
)
async def test_a_tone_arrives_clean_in_both_directions(
    stage: Stage, phone_hz: int, voice_audio: str | None, hz: int
) -> None:
    voice_hz = VOICE_HZ[voice_audio] if voice_audio else phone_hz
    phone, session = await connected(await stage(line(phone_hz, voice_audio)))
    await phone.plays(tone(hz, 2, phone_hz), phone_hz)
    await phone.waits(0.2)
    await session.plays(tone(hz, 2, voice_hz))
    await phone.waits(2.5)
    # A byte of G.711 has room for about 37 dB, 16 bits for about 90.
    clean_db = 35 if voice_audio and "g711" in voice_audio else 86
    for pcm, rate in ((bytes(session.audio_received), voice_hz), (bytes(phone.received), phone_hz)):
        heard = middle(pcm, rate, 2)
        assert loudest_hz(heard, rate) == pytest.approx(hz, abs=1)
        measured = snr_db(heard, hz, rate)
        print(f"{phone_hz} Hz, {voice_audio}, {hz} Hz: SNR {measured.snr_db:.1f} dB")  # noqa: T201
        assert measured.snr_db >= clean_db
        assert abs(measured.gain_db) <= 0.05


@pytest.mark.parametrize(("phone_hz", "voice_audio"), MATCHED)
@pytest.mark.parametrize("odd_bytes", [False, True])
async def test_at_equal_rates_not_a_bit_changes(
    stage: Stage, phone_hz: int, voice_audio: str | None, *, odd_bytes: bool
) -> None:
    scene = await stage(line(phone_hz, voice_audio), voice_switches=Switches(odd_bytes=odd_bytes))
    phone, session = await connected(scene)
    there, back = tone(997, 1, phone_hz), tone(1499, 1, phone_hz)
    await phone.plays(there, phone_hz)
    await session.plays(back)
    await phone.waits(1.5)
    assert there in session.audio_received
    assert back in phone.received


@pytest.mark.parametrize("phone_hz", [24_000, 16_000])
async def test_no_sample_is_lost_or_doubled_in_ten_minutes(stage: Stage, phone_hz: int) -> None:
    """Every sample says its number, so each is heard to be there, in its place, once."""
    phone, session = await connected(await stage(line(phone_hz, None, raw=NO_TURNS)))
    numbers = (np.arange(COUNTED_MINUTES * 60 * phone_hz) + 1).astype("<u2").view("<i2")
    await session.plays(numbers.tobytes())
    await phone.plays(numbers.tobytes(), phone_hz)
    await phone.waits(1)
    assert phone.complaints == []
    assert np.array_equal(np.frombuffer(phone.received, "<i2"), numbers)
    # None was late, either: what was played to the caller has no gap.
    for heard in (phone.agent, session.audio_received):
        assert np.array_equal(np.trim_zeros(np.frombuffer(heard, "<i2")), numbers)


@pytest.mark.parametrize(("phone_hz", "voice_audio"), MIXED)
async def test_resampled_sound_does_not_lose_step_in_a_minute(
    stage: Stage, phone_hz: int, voice_audio: str
) -> None:
    voice_hz, seconds = VOICE_HZ[voice_audio], 60
    flow = line(phone_hz, voice_audio, raw=NO_TURNS)
    phone, session = await connected(await stage(flow, voice_switches=Switches(odd_bytes=True)))
    await session.plays(tone(440, seconds, voice_hz))
    before = len(session.audio_received)
    await phone.plays(tone(440, seconds, phone_hz), phone_hz)
    await phone.waits(1)
    # A resampler gives back its last 2 or 3 ms in a frame more.
    assert phone.received_frames == seconds * 50 + 1
    assert phone.complaints == []
    clean_db = 35 if "g711" in voice_audio else 86
    # One cut, lost or doubled frame would break the phase, and with it the fit, for good; and
    # nothing was late: what was played to the caller has no gap.
    for pcm, rate in (
        (session.audio_received[before:], voice_hz),
        (phone.received, phone_hz),
        (phone.agent, phone_hz),
    ):
        assert snr_db(middle(bytes(pcm), rate, seconds), 440, rate).snr_db >= clean_db
