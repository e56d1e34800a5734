import numpy as np
import pytest

from bridge.audio.pcm import level_dbfs, silence
from bridge.lab.quality import PERFECT, LineQuality, Passage, carried
from bridge.lab.speech import RATE_HZ, Studio, agent_mouth
from tests.audio.tones import snr_db, tone

G711 = LineQuality(g711=True)
LINE = "Let me look that up for you."


def test_a_perfect_line_changes_no_bit() -> None:
    sound = tone(997, 1, RATE_HZ)
    assert carried(sound, RATE_HZ, PERFECT) == sound


@pytest.mark.parametrize("rate_hz", [16_000, 24_000])
@pytest.mark.parametrize(
    ("hz", "least_db", "most_db"),
    [(60, -90, -30), (150, -90, -15), (400, -1, 1), (1000, -1, 1), (3200, -1, 1), (3900, -90, -30)],
)
def test_the_telephone_network_carries_300_to_3400_hz(
    rate_hz: int, hz: float, least_db: float, most_db: float
) -> None:
    heard = carried(tone(hz, 1, rate_hz), rate_hz, G711)
    assert least_db < snr_db(heard[rate_hz // 5 :], hz, rate_hz).gain_db < most_db


def test_mu_law_adds_its_noise() -> None:
    heard = snr_db(carried(tone(1000, 1, RATE_HZ), RATE_HZ, G711)[6_400:], 1000, RATE_HZ)
    assert 30 < heard.snr_db < 45


def test_the_borders_of_frames_cannot_be_heard() -> None:
    sound = tone(997, 1, RATE_HZ)
    passage = Passage(G711, RATE_HZ)
    in_pieces = b"".join(passage(sound[start : start + 640]) for start in range(0, len(sound), 640))
    assert in_pieces == carried(sound, RATE_HZ, G711)
    assert snr_db(in_pieces[6_400:], 997, RATE_HZ).snr_db > 30


@pytest.mark.parametrize(("loss", "burst"), [(0.05, 1.0), (0.1, 3.0), (0.3, 5.0)])
def test_packets_are_lost_in_bursts_of_the_length_that_was_asked_for(
    loss: float, burst: float
) -> None:
    quality = LineQuality(loss=loss, burst=burst)
    passage = Passage(quality, RATE_HZ, seed=7)
    packets = [number.to_bytes(2, "little") * 320 for number in range(1, 20_001)]
    lost = np.array([passage(packet) != packet for packet in packets])
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([0], lost, [0])))))[::2]
    assert lost.mean() == pytest.approx(loss, rel=0.15)
    assert runs.mean() == pytest.approx(burst, rel=0.15)


def test_a_lost_packet_sounds_like_the_one_before_but_softer() -> None:
    sound = tone(500, 2, RATE_HZ)
    heard = carried(sound, RATE_HZ, LineQuality(loss=0.2, burst=2), seed=3)
    frames = [(sound[at : at + 640], heard[at : at + 640]) for at in range(0, len(sound), 640)]
    levels = [level_dbfs(arrived) - level_dbfs(sent) for sent, arrived in frames]
    before = zip([0.0, *levels], levels, strict=False)
    falls = [after - level for level, after in before if -40 < after < -1]
    assert falls
    assert all(fall == pytest.approx(-6, abs=0.2) for fall in falls)


def test_the_same_seed_loses_the_same_packets() -> None:
    quality = LineQuality(loss=0.2, burst=2)
    sound = tone(500, 2, RATE_HZ)
    first, again, other = (carried(sound, RATE_HZ, quality, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("gain_db", [-20, -6, 3])
def test_a_line_may_be_soft_or_loud(gain_db: float) -> None:
    sound = tone(1000, 1, RATE_HZ)
    heard = carried(sound, RATE_HZ, LineQuality(gain_db=gain_db))
    assert level_dbfs(heard) - level_dbfs(sound) == pytest.approx(gain_db, abs=0.1)


async def test_what_the_lab_says_is_heard_over_a_telephone_line(studio: Studio) -> None:
    said = silence(500, RATE_HZ) + await studio.speak(LINE, agent_mouth("en-US"))
    for quality in (G711, LineQuality(g711=True, loss=0.02), LineQuality(g711=True, gain_db=-6)):
        (heard,) = studio.hear(carried(said + silence(500, RATE_HZ), RATE_HZ, quality), RATE_HZ)
        assert (heard.text, heard.complete) == (LINE, True)
        assert heard.start_ms == pytest.approx(515, abs=10)


@pytest.mark.parametrize("wrong", [{"loss": 1.0}, {"loss": -0.1}, {"burst": 0.5}])
def test_a_line_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Loss is 0 to below 1"):
        LineQuality(**wrong)  # type: ignore[arg-type]
