"""What is kept as a prompt was said by the right voice, to the right request, to its end."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.call.events import (
    AgentAudio,
    ResponseEnded,
    ResponseStarted,
    VoiceEvent,
    VoiceProblem,
)
from bridge.lab.speech import Studio
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.prompts import PromptStore
from bridge.service.reading import TEXT_S
from tests.service.prompts import (
    AZURE,
    FLOW,
    GREETING,
    INTERIM,
    TEXTS,
    Tampered,
    client,
    flow,
    greeting_only,
)


async def test_the_session_can_only_read_aloud(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    interim = {"type": "static_interim_response", "texts": ["Hm."], "triggers": ["latency"]}
    line = flow(raw={"tools": [{"type": "function", "name": "x"}], "interim_response": interim})

    @line.tool
    async def order_status() -> str:
        """Look up where an order is."""
        return "lost"

    assert await store.render(line, client(service)) == len(TEXTS)
    (session,) = service.sessions
    assert session.configured["turn_detection"] is None
    assert session.configured["tools"] == []
    assert "interim_response" not in session.configured
    types = [event["type"] for event in session.received]
    assert types == ["session.update", *["response.create"] * len(TEXTS)]
    await session.ended()


@pytest.mark.parametrize("voice_audio", [None, "pcm16_24000hz", "pcm16_8000hz", "g711_alaw"])
async def test_it_reads_in_full_quality_whatever_calls_have(
    service: VoiceLiveStandIn, store: PromptStore, voice_audio: str | None
) -> None:
    line = flow(phone_rate_hz=16_000, voice_audio=voice_audio)
    assert await store.render(line, client(service)) == len(TEXTS)
    (session,) = service.sessions
    assert session.configured["output_audio_format"] == "pcm16"
    clip = store.clip(line, GREETING)
    assert clip
    assert len(clip) / 16_000 == pytest.approx(len(session.spoken[0].pcm) / 24_000, abs=0.02)


async def test_a_voice_given_in_full_is_the_one_that_reads(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    line = greeting_only(model="gpt-realtime", voice=None, raw={"voice": AZURE})
    assert await store.render(line, client(service)) == 1
    voice = service.sessions[0].configured["voice"]
    assert (voice["name"], voice["rate"]) == ("en-US-AndrewNeural", "1.2")


@pytest.mark.parametrize(
    ("model", "voice", "raw"),
    [
        ("gpt-realtime", "marin", {}),
        ("gpt-4.1-mini", "marin", {}),
        ("gpt-realtime", None, {}),
        ("gpt-realtime", None, {"voice": {"type": "openai", "name": "cedar"}}),
        ("azure-realtime", None, {"voice": {"type": "azure-realtime-native", "name": "ava"}}),
    ],
)
async def test_a_voice_that_may_drift_from_the_words_reads_nothing(
    service: VoiceLiveStandIn,
    store: PromptStore,
    model: str,
    voice: str | None,
    raw: dict[str, Any],
) -> None:
    line = greeting_only(model=model, voice=voice, raw=raw)
    (why,) = (await store.outcomes(line, client(service))).values()
    assert why
    assert "own voice, which may drift from the words" in why
    assert await store.render(line, client(service)) == 0
    assert service.sessions == []


async def test_a_response_that_ends_in_an_error_is_not_kept(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    service.switches = Switches(error_without_done=True)
    with capture_logs() as logs:
        assert await store.outcomes(FLOW, client(service)) == dict.fromkeys(TEXTS, "server_error")
    assert [(line["event"], line["number"], line["why"]) for line in logs] == [
        ("prompt.skipped", number, "server_error") for number in (1, 2, 3, 4)
    ]
    assert list((tmp_path / "prompts").iterdir()) == []
    service.switches = Switches()
    assert await store.render(FLOW, client(service)) == len(TEXTS)


async def test_a_text_that_takes_too_long_is_given_up(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    loop = asyncio.get_running_loop()
    service.switches = Switches(stall_before_first_delta_s=200)
    began_s = loop.time()
    outcomes = await store.outcomes(FLOW, client(service))
    assert outcomes == {
        GREETING: f"not done within {TEXT_S:g} s",
        **dict.fromkeys(TEXTS[1:], "conversation_already_has_active_response"),
    }
    assert loop.time() - began_s < TEXT_S + 1


def first_is(status: str, *, silent: bool = False) -> Callable[[VoiceEvent], Iterable[VoiceEvent]]:
    """Let the first response end with another status, or without a sound."""
    first = ""

    def tamper(event: VoiceEvent) -> Iterable[VoiceEvent]:
        nonlocal first
        match event:
            case ResponseStarted(response_id):
                first = first or response_id
            case AgentAudio(response_id) if response_id == first and silent:
                return
            case ResponseEnded(response_id) if response_id == first:
                event = replace(event, status=status, detail="" if silent else "turn_detected")
        yield event

    return tamper


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (first_is("cancelled"), "cancelled turn_detected"),
        (first_is("completed", silent=True), "no audio"),
    ],
)
async def test_a_cancelled_or_silent_response_is_not_kept(
    service: VoiceLiveStandIn,
    store: PromptStore,
    tamper: Callable[[VoiceEvent], Iterable[VoiceEvent]],
    why: str,
) -> None:
    outcomes = await store.outcomes(FLOW, Tampered(client(service), tamper))
    assert outcomes == {GREETING: why, **dict.fromkeys(TEXTS[1:])}
    assert [bool(store.clip(FLOW, text)) for text in TEXTS] == [False, True, True, True]


def nameless(event: VoiceEvent) -> Iterable[VoiceEvent]:
    """The service does not say which request a response answers."""
    yield replace(event, request=None) if isinstance(event, ResponseStarted) else event


def words(clip: bytes | None, studio: Studio) -> str:
    return studio.transcribe(clip or b"", 24_000)


async def test_responses_need_not_name_their_requests(
    service: VoiceLiveStandIn, store: PromptStore, studio: Studio
) -> None:
    assert await store.render(FLOW, Tampered(client(service), nameless)) == len(TEXTS)
    for text in TEXTS:
        assert words(store.clip(FLOW, text), studio) == text


def stray(*, names: bool, late: bool) -> Callable[[VoiceEvent], Iterable[VoiceEvent]]:
    """Before each response comes one of the service's own; or the first text is answered late."""
    held: list[VoiceEvent] = []

    def tamper(event: VoiceEvent) -> Iterable[VoiceEvent]:
        if not names:
            (event,) = nameless(event)
        if not late and isinstance(event, ResponseStarted):
            yield from (
                ResponseStarted("own"),
                AgentAudio("own", "item", bytes(960)),
                event,
                AgentAudio("own", "item", bytes(960)),
                ResponseEnded("own", "completed"),
            )
        elif late and len(held) < 3 and isinstance(event, ResponseStarted | ResponseEnded):
            held.append(event)
            if isinstance(event, ResponseEnded) and len(held) == 2:
                yield VoiceProblem("busy", "", None)
            elif len(held) == 3:
                yield from held
        elif not late or len(held) != 1:
            yield event

    return tamper


async def test_what_the_service_says_of_its_own_is_not_a_prompt(
    service: VoiceLiveStandIn, store: PromptStore, studio: Studio
) -> None:
    voices = Tampered(client(service), stray(names=True, late=False))
    assert await store.render(FLOW, voices) == len(TEXTS)
    for text in TEXTS:
        clip = store.clip(FLOW, text)
        assert clip
        assert bytes(960) not in (clip[:960], clip[-960:])
        assert words(clip, studio) == text


async def test_what_came_before_a_text_was_asked_for_is_not_its_sound(
    service: VoiceLiveStandIn, store: PromptStore, studio: Studio
) -> None:
    def own_response_follows(event: VoiceEvent) -> Iterable[VoiceEvent]:
        yield from nameless(event)
        if isinstance(event, ResponseEnded):
            yield ResponseStarted("own")
            yield AgentAudio("own", "item", bytes(960))
            yield ResponseEnded("own", "completed")

    voices = Tampered(client(service), own_response_follows)
    assert await store.render(FLOW, voices) == len(TEXTS)
    assert words(store.clip(FLOW, INTERIM), studio) == INTERIM


@pytest.mark.parametrize("names", [True, False])
async def test_a_late_answer_is_never_kept_for_another_text(
    service: VoiceLiveStandIn, store: PromptStore, studio: Studio, *, names: bool
) -> None:
    voices = Tampered(client(service), stray(names=names, late=True))
    outcomes = await store.outcomes(FLOW, voices)
    assert outcomes == {
        GREETING: "busy",
        **dict.fromkeys(TEXTS[1:], None if names else f"not done within {TEXT_S:g} s"),
    }
    assert store.clip(FLOW, GREETING) is None
    assert words(store.clip(FLOW, INTERIM), studio) == (INTERIM if names else "")
