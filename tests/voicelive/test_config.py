"""A flow as Voice Live's session, in Voice Live's own words."""

from typing import Any, get_args

import pytest

from bridge import Agent, Callflow, LlmInterim, StaticInterim, Trigger
from bridge.flow.callflow import VoiceAudio
from bridge.voicelive.config import session_of

NUMBER = "+18005550100"


def test_a_whole_flow_goes_into_one_update() -> None:
    flow = Callflow(
        number=NUMBER,
        instructions="Be brief.",
        voice="en-US-Ava:DragonHDLatestNeural",
        interim=StaticInterim(
            texts=("One moment.", "Let me see."),
            triggers=(Trigger.TOOL, Trigger.LATENCY),
            latency_threshold_ms=800,
        ),
    )

    @flow.tool
    async def weather(city: str) -> str:
        """Tell the weather."""
        return city

    assert session_of(flow) == {
        "modalities": ["text", "audio"],
        "instructions": "Be brief.",
        "voice": {"type": "azure-standard", "name": "en-US-Ava:DragonHDLatestNeural"},
        "input_audio_format": "pcm16",
        "input_audio_sampling_rate": 24_000,
        "output_audio_format": "pcm16",
        "input_audio_transcription": {"model": "azure-speech", "language": "en-US"},
        "turn_detection": {
            "type": "azure_semantic_vad",
            "create_response": True,
            "interrupt_response": True,
        },
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "description": "Tell the weather.",
                "parameters": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["city"],
                    "properties": {"city": {"type": "string"}},
                },
            }
        ],
        "interim_response": {
            "type": "static_interim_response",
            "triggers": ["tool", "latency"],
            "latency_threshold_ms": 800,
            "texts": ["One moment.", "Let me see."],
        },
    }


def audio_of(flow: Callflow) -> tuple[str, int, str]:
    session = session_of(flow)
    return (
        session["input_audio_format"],
        session["input_audio_sampling_rate"],
        session["output_audio_format"],
    )


@pytest.mark.parametrize(
    ("phone_rate_hz", "audio"),
    [(24_000, ("pcm16", 24_000, "pcm16")), (16_000, ("pcm16", 16_000, "pcm16_16000hz"))],
)
def test_voice_live_has_the_rate_of_the_telephone(phone_rate_hz: Any, audio: Any) -> None:
    assert audio_of(Callflow(number=NUMBER, phone_rate_hz=phone_rate_hz)) == audio


@pytest.mark.parametrize(
    ("voice_audio", "audio"),
    [
        ("pcm16_8000hz", ("pcm16", 8_000, "pcm16_8000hz")),
        ("pcm16_16000hz", ("pcm16", 16_000, "pcm16_16000hz")),
        ("pcm16_24000hz", ("pcm16", 24_000, "pcm16")),
        ("g711_ulaw", ("g711_ulaw", 8_000, "g711_ulaw")),
        ("g711_alaw", ("g711_alaw", 8_000, "g711_alaw")),
    ],
)
@pytest.mark.parametrize("phone_rate_hz", [16_000, 24_000])
def test_a_flow_may_choose_another(phone_rate_hz: Any, voice_audio: Any, audio: Any) -> None:
    flow = Callflow(number=NUMBER, phone_rate_hz=phone_rate_hz, voice_audio=voice_audio)
    assert audio_of(flow) == audio


def test_every_choice_is_known_to_the_wire() -> None:
    for choice in get_args(VoiceAudio):
        assert session_of(Callflow(number=NUMBER, voice_audio=choice))


@pytest.mark.parametrize(
    ("interim", "said"),
    [
        (
            LlmInterim(),
            {"triggers": ["latency"], "latency_threshold_ms": 2000, "model": "gpt-4.1-mini"},
        ),
        (
            LlmInterim(instructions="Short.", max_completion_tokens=9, latency_threshold_ms=0),
            {"latency_threshold_ms": 0, "instructions": "Short.", "max_completion_tokens": 9},
        ),
    ],
)
def test_a_line_made_by_a_model_has_the_services_field_names(
    interim: LlmInterim, said: dict[str, Any]
) -> None:
    session = session_of(Callflow(number=NUMBER, interim=interim))
    assert session["interim_response"].items() >= said.items()
    assert session["interim_response"]["type"] == "llm_interim_response"


def test_a_realtime_model_with_its_own_voice() -> None:
    session = session_of(Callflow(number=NUMBER, model="gpt-realtime", voice="marin"))
    assert session["voice"] == {"type": "openai", "name": "marin"}
    assert session["input_audio_transcription"] == {
        "model": "gpt-4o-mini-transcribe",
        "language": "en",
    }


def test_an_agent_keeps_its_own_instructions_and_tools() -> None:
    session = session_of(Callflow(number=NUMBER, agent=Agent("a", "p")))
    assert not {"instructions", "tools", "voice", "model"} & session.keys()


def test_other_languages_are_heard_by_the_multilingual_detector() -> None:
    session = session_of(Callflow(number=NUMBER, voice="de-DE-SeraphinaNeural"))
    assert session["turn_detection"]["type"] == "azure_semantic_vad_multilingual"
    assert session["turn_detection"]["languages"] == ["de"]
    assert session["input_audio_transcription"]["language"] == "de-DE"


def test_raw_fields_pass_through_and_win() -> None:
    raw = {"turn_detection": None, "temperature": 0.6, "something_new": {"x": 1}}
    session = session_of(Callflow(number=NUMBER, raw=raw))
    assert session.items() >= raw.items()
