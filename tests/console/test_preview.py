"""What is heard before publishing is what a caller would hear."""

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bridge import Callflow, LlmInterim, Play, Say, StaticInterim, Transfer
from bridge.audio.music import UNDER_SPEECH
from bridge.audio.pcm import level_dbfs
from bridge.call.pace import Pace, PromptSessions
from bridge.console import preview
from bridge.console.preview import NoPreview, Preview, Previews
from bridge.lab.hearing import Recording, narrowed
from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.service.prompts import PromptStore
from bridge.voicelive.connection import open_voices

VERSION = "2026-07-15"
HOLD = "hold.wav"
FOLDER = Path(__file__).parents[2] / "callflows"
INTERIM = StaticInterim(
    texts=("Let me look that up for you.",),
    latency_threshold_ms=700,
    then=(
        Say("Still looking, thanks for your patience.", after_ms=4_500),
        Play(HOLD, after_ms=7_000),
        Say("I am still on it, and will not be long.", after_ms=10_000),
        Transfer("+18005550199", say="I will connect you to a colleague.", after_ms=14_000),
    ),
)
FLOW = Callflow(number="+18005550100", voice="en-US-AvaNeural", interim=INTERIM, greeting="Hello.")


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    return PromptStore(tmp_path / "prompts", FOLDER)


async def made(store: PromptStore, flow: Callflow = FLOW, *, is_short: bool = False) -> Preview:
    async with (
        VoiceLiveStandIn(Studio()) as service,
        open_voices(service.endpoint, service.api_key, VERSION) as voices,
    ):
        assert flow.interim
        return await Previews().wait(flow, flow.interim, store, voices, is_short=is_short)


def heard(wav: bytes) -> tuple[bytes, int]:
    with wave.open(io.BytesIO(wav)) as recording:
        return recording.readframes(recording.getnframes()), recording.getframerate()


def samples(pcm: bytes) -> npt.NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


async def test_every_line_is_heard_at_its_time_in_the_voice_of_the_flow(store: PromptStore) -> None:
    made_now = await made(store)
    pcm, rate_hz = heard(made_now.wav)
    recording = Recording(pcm, rate_hz)
    assert rate_hz == FLOW.phone_rate_hz
    assert made_now.silent == ()
    assert made_now.plan
    for line in made_now.plan.lines:
        clip = store.clip(FLOW, line.what)
        assert clip
        ((from_ms, to_ms, is_whole),) = recording.occurrences(narrowed(clip, rate_hz))
        assert is_whole
        assert abs(from_ms - line.from_ms) < 5, line.what
        assert to_ms > from_ms + 500


async def test_it_is_silent_until_the_threshold_and_music_is_softer_under_words(
    store: PromptStore,
) -> None:
    made_now = await made(store)
    pcm, rate_hz = heard(made_now.wav)

    def level(from_ms: float, to_ms: float) -> float:
        return level_dbfs(pcm[int(from_ms) * rate_hz // 500 : int(to_ms) * rate_hz // 500])

    assert level(0, 690) == -float("inf")
    assert level(7_100, 9_900) > -45
    assert made_now.plan
    (line,) = [each for each in made_now.plan.lines if each.what.startswith("I am still")]
    clip, sound = store.clip(FLOW, line.what), store.sound(FLOW, HOLD)
    assert clip
    assert sound
    first, count = int(line.from_ms + 100) * rate_hz // 1000, rate_hz // 2
    mixed = samples(pcm)[first : first + count]
    words = samples(clip)[rate_hz // 10 :][:count]
    since_music = first - 7 * rate_hz
    music = np.resize(samples(sound), since_music + count)[since_music:]
    assert np.abs(mixed - words - UNDER_SPEECH * music).max() <= 1
    assert level(made_now.plan.gives_up_ms + 200, made_now.plan.lasts_ms) > -60


async def test_shortened_it_says_the_same_in_less_time(store: PromptStore) -> None:
    whole, short = await made(store), await made(store, is_short=True)
    assert whole.plan
    assert short.plan
    assert [each.what for each in short.plan.lines] == [each.what for each in whole.plan.lines]
    assert len(short.wav) < 0.9 * len(whole.wav)


async def test_what_a_model_makes_up_is_silent_and_said_to_be(store: PromptStore) -> None:
    flow = Callflow(
        number="+18005550100", voice="en-US-AvaNeural", interim=LlmInterim(then=INTERIM.then)
    )
    assert "The model makes up the first line" in (await made(store, flow)).silent[0]


async def test_a_voice_that_may_drift_from_the_words_says_why_it_is_silent(
    store: PromptStore,
) -> None:
    flow = Callflow(number="+18005550100", voice="marin", interim=INTERIM)
    silent = (await made(store, flow)).silent
    assert len(silent) >= 4
    assert "marin is a model's own voice" in silent[0]


async def test_without_voice_live_what_is_new_cannot_be_heard(store: PromptStore) -> None:
    async with open_voices("http://127.0.0.1:9", "key", VERSION) as voices:
        with pytest.raises(NoPreview, match=r"Voice Live cannot be reached.*can be heard before"):
            await Previews().wait(FLOW, INTERIM, store, voices)


async def test_where_no_session_is_to_be_had_it_says_when_to_try_again(
    store: PromptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "PATIENCE_S", 5.0)
    pace = Pace(1)
    await pace.turn(0)  # type: ignore[arg-type]
    async with open_voices("http://127.0.0.1:9", "key", VERSION) as voices:
        with pytest.raises(NoPreview, match="Try again in a minute"):
            await Previews().wait(FLOW, INTERIM, store, PromptSessions(pace, voices))


async def test_the_latest_can_be_fetched_and_older_ones_are_forgotten(store: PromptStore) -> None:
    previews = Previews()
    async with (
        VoiceLiveStandIn(Studio()) as service,
        open_voices(service.endpoint, service.api_key, VERSION) as voices,
    ):
        ids = [
            (await previews.wait(FLOW, INTERIM, store, voices, is_short=True)).id
            for _ in range(preview.KEPT + 1)
        ]
    assert previews.find(ids[0]) is None
    assert previews.find(ids[-1])


async def test_the_greeting_alone_can_be_heard_and_a_missing_one_is_said_to_be(
    store: PromptStore,
) -> None:
    async with (
        VoiceLiveStandIn(Studio()) as service,
        open_voices(service.endpoint, service.api_key, VERSION) as voices,
    ):
        pcm, _ = heard((await Previews().greeting(FLOW, store, voices)).wav)
        assert level_dbfs(pcm) > -40
        with pytest.raises(NoPreview, match="has no greeting"):
            await Previews().greeting(Callflow(number="+18005550100"), store, voices)
