"""Fixed texts are rendered once, word for word, and are at hand from then on."""

import asyncio
import tracemalloc
import wave
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Agent, Callflow
from bridge.call.events import ResponseStarted, VoiceEvent
from bridge.call.legs import VoiceLost, VoiceRefused, VoiceUnreachable
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.prompts import PromptError, PromptStore, read_wav
from tests.audio.tones import snr_db, tone
from tests.service.prompts import (
    AZURE,
    FLOW,
    GREETING,
    MEANWHILE,
    TEXTS,
    Tampered,
    client,
    flow,
    greeting_only,
    said_by,
)


def clips(store: PromptStore, flow: Callflow = FLOW) -> list[bytes]:
    return [clip for text in TEXTS if (clip := store.clip(flow, text))]


@pytest.mark.parametrize("rate_hz", [16_000, 24_000])
@pytest.mark.parametrize("switches", [Switches(), Switches(odd_bytes=True, extra_events=True)])
async def test_every_text_is_said_completely(
    service: VoiceLiveStandIn, store: PromptStore, studio: Studio, rate_hz: int, switches: Switches
) -> None:
    service.switches = switches
    line = flow(phone_rate_hz=rate_hz)
    assert await store.render(line, client(service)) == len(TEXTS)
    for text in TEXTS:
        clip = store.clip(line, text)
        assert clip
        assert [(heard.text, heard.complete) for heard in studio.hear(clip, rate_hz)] == [
            (text, True)
        ]


async def test_what_is_there_is_not_rendered_again(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    assert await store.render(FLOW, client(service)) == len(TEXTS)
    assert await store.render(FLOW, client(service)) == 0
    later = PromptStore(tmp_path / "prompts")
    assert await later.render(flow(phone_rate_hz=16_000), client(service)) == 0
    assert clips(later) == clips(store)
    assert len(service.sessions) == 1
    more = flow(greeting="Good evening.")
    assert await later.render(more, client(service)) == 1
    assert [spoken.text for spoken in service.sessions[1].spoken] == ["Good evening."]


async def test_only_whole_clips_are_in_the_folder_at_the_rate_of_the_service(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    await store.render(FLOW, client(service))
    files = sorted((tmp_path / "prompts").iterdir())
    assert [len(file.name) for file in files] == [68] * len(TEXTS)
    for file in files:
        with wave.open(str(file)) as clip:
            assert clip.getparams()[:3] == (1, 2, 24_000)


@pytest.mark.parametrize(
    "other",
    [
        {"voice": "en-US-AndrewNeural"},
        {"model": "gpt-4.1"},
        {"model": None, "agent": Agent("a", "p")},
        {"raw": {"voice": AZURE}},
    ],
)
async def test_another_voice_has_clips_of_its_own(
    service: VoiceLiveStandIn, store: PromptStore, other: dict[str, Any]
) -> None:
    await store.render(FLOW, client(service))
    assert clips(store, flow(**other)) == []


async def test_what_does_not_change_the_sound_does_not_change_the_clip(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    await store.render(FLOW, client(service))
    other = flow(
        number="+18005550177",
        instructions="Be brief.",
        voice_audio="g711_ulaw",
        raw={"temperature": 0.6},
    )
    assert len(clips(store, other)) == len(TEXTS)


@pytest.mark.parametrize(("from_hz", "samples"), [(8_000, 8_001), (24_000, 24_003)])
def test_a_sound_that_repeats_has_no_seam_at_another_rate(
    tmp_path: Path, from_hz: int, samples: int
) -> None:
    with wave.open(str(tmp_path / "hum.wav"), "wb") as file:
        file.setparams((1, 2, from_hz, 0, "NONE", "NONE"))
        hz = 700 * from_hz / samples
        file.writeframes(tone(hz, (samples + 0.5) / from_hz, from_hz))
    sound = PromptStore(tmp_path, tmp_path).sound(flow(phone_rate_hz=16_000), "hum.wav")
    assert sound
    assert len(sound) == 2 * samples * 16_000 // from_hz
    assert snr_db(3 * sound, hz, 16_000).snr_db >= 80


async def test_a_flow_whose_texts_are_all_there_needs_no_session(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    await store.render(FLOW, client(service))
    service.sessions.clear()
    assert await store.render(flow(greeting=None, interim=None), client(service)) == 0
    assert service.sessions == []


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        (Switches(handshake=401), VoiceRefused),
        (Switches(handshake=503), VoiceUnreachable),
        (Switches(handshake_s=30), VoiceUnreachable),
        (Switches(error_instead_of_updated=True), VoiceRefused),
        (Switches(session_s=0.5), VoiceLost),
    ],
)
async def test_without_a_session_rendering_fails(
    service: VoiceLiveStandIn, store: PromptStore, switches: Switches, error: type[Exception]
) -> None:
    service.switches = switches
    with pytest.raises(error):
        await store.render(FLOW, client(service))


async def test_what_was_rendered_before_the_session_was_lost_is_kept(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    said = said_by(service)
    rendering = asyncio.create_task(store.render(FLOW, client(service)))
    assert [await said.get(), await said.get()] == [GREETING, MEANWHILE]
    await service.sessions[0].drops()
    with pytest.raises(VoiceLost):
        await rendering
    assert [bool(store.clip(FLOW, text)) for text in TEXTS] == [True, False, False, False]
    assert await store.render(FLOW, client(service)) == 3


SPOILT: list[Callable[[bytes], bytes]] = [
    lambda _: b"",
    lambda _: b"no sound at all, but some text that goes on for a while",
    lambda wav: wav[:30],
    lambda wav: wav[:4] + bytes(4) + wav[8:],
    lambda wav: wav[:16] + b"\xff" + wav[17:],
    lambda wav: wav[:44],
    lambda wav: wav[:-2],
    lambda wav: wav[:22] + b"\2\0" + wav[24:],
    lambda wav: wav[:24] + bytes(4) + wav[28:],
]


@pytest.mark.parametrize("spoil", SPOILT)
async def test_a_spoilt_clip_counts_as_missing(
    service: VoiceLiveStandIn,
    store: PromptStore,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
) -> None:
    line = greeting_only()
    await store.render(line, client(service))
    (file,) = (tmp_path / "prompts").iterdir()
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    later = PromptStore(tmp_path / "prompts")
    with capture_logs() as logs:
        assert later.clip(line, GREETING) is None
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("prompt.unreadable", "warning")
    ]
    assert await later.render(line, client(service)) == 1
    assert later.clip(line, GREETING)
    assert file.read_bytes()[:44] == whole[:44]


def test_a_clip_takes_no_more_memory_than_it_has_sound(tmp_path: Path) -> None:
    file = tmp_path / "hold.wav"
    with wave.open(str(file), "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(24_000)
        clip.writeframes(bytes(960))
    whole = file.read_bytes()
    huge = b"\xff\xff\xff\x7f"
    file.write_bytes(whole[:4] + huge + whole[8:40] + huge + whole[44:])
    tracemalloc.start()
    with pytest.raises(EOFError):
        read_wav(file, 24_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


async def test_a_clip_is_read_from_disk_once(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    line = greeting_only()
    await store.render(line, client(service))
    assert store.clip(line, GREETING)
    (file,) = (tmp_path / "prompts").iterdir()
    file.unlink()
    assert store.clip(line, GREETING)


async def test_a_folder_that_cannot_be_written_is_said_before_a_session_is_opened(
    service: VoiceLiveStandIn, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "prompts"
    with pytest.raises(PromptError) as refused:
        await PromptStore(folder).render(FLOW, client(service))
    assert str(refused.value) == (
        f"Prompts cannot be kept in {folder}: Not a directory. "
        "Set INTERLUDE_PROMPTS to a folder that can be written."
    )
    assert service.sessions == []


async def test_a_folder_that_vanishes_is_said(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    def vanish(event: VoiceEvent) -> Iterable[VoiceEvent]:
        if isinstance(event, ResponseStarted):
            (tmp_path / "prompts").rmdir()
        yield event

    with pytest.raises(PromptError, match="No such file or directory"):
        await store.render(FLOW, Tampered(client(service), vanish))
