"""Music that ACS itself plays to a caller on hold."""

import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bridge import Callflow
from bridge.service.flows import Flows
from bridge.service.parts import TOKENS
from bridge.service.sounds import hold_music
from bridge.service.tokens import BadToken, Purpose, Tokens
from bridge.trial import Trial, trial


def write(path: Path, seconds: float, rate_hz: int = 24_000) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, rate_hz, 0, "NONE", ""))
        sound.writeframes(b"\0\x10" * round(seconds * rate_hz))
    return path


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Trial]:
    flows = Flows({"line": Callflow(number="+18005550100")}, tmp_path)
    async with trial(flows) as running:
        yield running


@pytest.mark.parametrize("seconds", [0.5, 7, 200])
def test_music_is_as_acs_plays_it_and_outlasts_a_hold(tmp_path: Path, seconds: float) -> None:
    music = hold_music(write(tmp_path / "hold.wav", seconds))
    with wave.open(io.BytesIO(music)) as sound:
        shape = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
        lasts_s = sound.getnframes() / sound.getframerate()
    assert shape == (1, 2, 16_000)
    assert 180 <= lasts_s < 180 + max(seconds, 20) + 0.1
    assert lasts_s % seconds == pytest.approx(0, abs=0.01) or lasts_s < seconds + 0.01


async def test_acs_gets_the_music_that_its_url_names(scene: Trial, tmp_path: Path) -> None:
    write(tmp_path / "hold.wav", 1)
    url = f"{scene.url}/acs/sounds/{scene.app[TOKENS].seal_sound('hold.wav')}"
    async with ClientSession() as web, web.get(url) as response:
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert (await response.read())[:4] == b"RIFF"


@pytest.mark.parametrize("content", [None, b"RIFF"])
async def test_music_that_cannot_be_read_is_not_found(
    scene: Trial, tmp_path: Path, content: bytes | None
) -> None:
    if content:
        (tmp_path / "hold.wav").write_bytes(content)
    url = f"{scene.url}/acs/sounds/{scene.app[TOKENS].seal_sound('hold.wav')}"
    async with ClientSession() as web, web.get(url) as response:
        assert response.status == 404


async def test_nobody_else_gets_a_file(scene: Trial) -> None:
    async with ClientSession() as web, web.get(f"{scene.url}/acs/sounds/forged") as response:
        assert response.status == 401


def test_a_token_for_a_sound_opens_no_call() -> None:
    tokens = Tokens("secret")
    token = tokens.seal_sound("music/hold.wav")
    assert tokens.open_sound(token) == "music/hold.wav"
    for purpose in (Purpose.MEDIA, Purpose.CALLBACKS):
        with pytest.raises(BadToken):
            tokens.open(purpose, token)
