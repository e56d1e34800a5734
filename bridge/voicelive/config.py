"""A call flow as Voice Live's session: everything in the one full `session.update`."""

from typing import Any

from azure.ai.voicelive.models import (
    AudioInputTranscriptionOptions,
    AzureSemanticVad,
    AzureSemanticVadMultilingual,
    AzureStandardVoice,
    FunctionTool,
    LlmInterimResponseConfig,
    Modality,
    OpenAIVoice,
    RequestSession,
    StaticInterimResponseConfig,
)

from bridge.flow.callflow import Callflow
from bridge.flow.interim import LlmInterim, StaticInterim
from bridge.flow.speech import OPENAI_VOICES, Pipeline
from bridge.voicelive.coding import coding_of


def session_of(flow: Callflow) -> dict[str, Any]:
    """The `session` object for a flow. `raw` comes last and wins."""
    coding = coding_of(flow)
    session = RequestSession(
        modalities=[Modality.TEXT, Modality.AUDIO],
        input_audio_format=coding.input_format,
        input_audio_sampling_rate=coding.rate_hz,
        output_audio_format=coding.output_format,
        input_audio_transcription=_transcription(flow),
        turn_detection=_turn_detection(flow),
    )
    if flow.voice in OPENAI_VOICES:
        session.voice = OpenAIVoice(name=flow.voice)
    elif flow.voice:
        session.voice = AzureStandardVoice(name=flow.voice)
    if not flow.agent:
        session.instructions = flow.instructions
        session.tools = [
            FunctionTool(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in flow.tools.values()
        ]
    triggers = [str(t) for t, delivered in flow.deliveries.items() if delivered.by == "service"]
    if flow.interim and triggers:
        session.interim_response = _interim(flow.interim, triggers)
    return {**session.as_dict(), **flow.raw}


def _transcription(flow: Callflow) -> AudioInputTranscriptionOptions:
    """Who writes down the caller. The language is always pinned: guessing has gone wrong."""
    if flow.pipeline is Pipeline.REALTIME:
        language = flow.language.partition("-")[0]
        return AudioInputTranscriptionOptions(model="gpt-4o-mini-transcribe", language=language)
    return AudioInputTranscriptionOptions(model="azure-speech", language=flow.language)


def _turn_detection(flow: Callflow) -> AzureSemanticVad | AzureSemanticVadMultilingual:
    language = flow.language.partition("-")[0]
    if language == "en":
        return AzureSemanticVad(create_response=True, interrupt_response=True)
    return AzureSemanticVadMultilingual(
        languages=[language], create_response=True, interrupt_response=True
    )


def _interim(
    interim: StaticInterim | LlmInterim, triggers: list[str]
) -> StaticInterimResponseConfig | LlmInterimResponseConfig:
    threshold_ms = int(interim.latency_threshold_ms)
    if isinstance(interim, StaticInterim):
        return StaticInterimResponseConfig(
            triggers=triggers,
            latency_threshold_ms=threshold_ms,
            texts=list(interim.texts),
        )
    config = LlmInterimResponseConfig(
        triggers=triggers,
        latency_threshold_ms=threshold_ms,
        model=interim.model,
        max_completion_tokens=interim.max_completion_tokens,
    )
    if interim.instructions:
        config.instructions = interim.instructions
    return config
