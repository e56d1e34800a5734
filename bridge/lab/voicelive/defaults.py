"""What a session is before anyone has configured it, as recorded for each pipeline."""

import re
from enum import Enum

from bridge.lab.voicelive.wire import Json, Refusal, new_id

_REALTIME = re.compile(r"gpt-realtime.*|azure-realtime")
_CASCADE = re.compile(r"gpt-[45].*|phi4-mm-realtime")
_BRING_YOUR_OWN_ONLY = {"gpt-5.5", "gpt-5.4-mini", "gpt-5.4-nano"}
_PROFILES = (
    "byom-azure-openai-realtime",
    "byom-azure-openai-chat-completion",
    "byom-foundry-anthropic-messages",
)
_PERSONALITY = "You are a speech chat assistant. Keep your answers short and friendly."


class Pipeline(Enum):
    """How speech becomes speech: by way of text, by one model, or by an agent."""

    CASCADE = "cascade"
    REALTIME = "realtime"
    AGENT = "agent"

    @classmethod
    def of(cls, model: str, profile: str | None) -> "Pipeline":
        """Pipeline of a model, or of a profile where the deployment is the customer's own."""
        if profile is not None:
            if profile not in _PROFILES:
                raise Refusal("invalid_profile", f"Profile {profile} is not supported.")
            return cls.REALTIME if profile == _PROFILES[0] else cls.CASCADE
        if _REALTIME.fullmatch(model):
            return cls.REALTIME
        if _CASCADE.fullmatch(model) and model not in _BRING_YOUR_OWN_ONLY:
            return cls.CASCADE
        raise Refusal("invalid_model", f"Model {model} is not supported in this region.")

    def new_id(self, kind: str) -> str:
        """An id as this pipeline makes them."""
        return new_id(kind, 21 if self is Pipeline.REALTIME else 22)

    @property
    def assistant(self) -> str:
        """Prefix of the ids of what the model says and does."""
        return "item" if self is Pipeline.REALTIME else "msg"

    @property
    def begun(self) -> str:
        """Status of an item that is still being made."""
        return "in_progress" if self is Pipeline.REALTIME else "incomplete"


def session(pipeline: Pipeline, model: str | None, agent: str | None, expires_at: int) -> Json:
    """The session of `session.created`."""
    realtime = pipeline is Pipeline.REALTIME
    thinks_long = bool(model and model.startswith("gpt-5"))
    return {
        "id": pipeline.new_id("sess"),
        "model": model,
        "modalities": ["audio"] if realtime else ["audio", "text"],
        "instructions": _PERSONALITY,
        "voice": voice(_own_voice(model) if realtime else _AVA),
        "input_audio_format": "pcm16",
        "output_audio_format": None if realtime else "pcm16",
        "input_audio_transcription": (
            None if realtime else transcription({"language": None}, realtime=False)
        ),
        "input_audio_noise_reduction": None,
        "turn_detection": {
            **turn_detection({"type": "server_vad"}, realtime=realtime),
            "threshold": 0.5,
            "prefix_padding_ms": 300 if realtime else 400,
            "silence_duration_ms": 200 if realtime else 500,
        },
        "tools": [],
        "tool_choice": "auto",
        **({} if realtime else {"temperature": 1.0 if thinks_long else 0.8}),
        **({"reasoning_effort": "minimal"} if thinks_long else {}),
        "max_response_output_tokens": "inf",
        "expires_at": expires_at,
        "object": "realtime.session",
        "input_audio_sampling_rate": 24000,
        "animation": None,
        "input_audio_echo_cancellation": None,
        "avatar": None,
        "output_audio_timestamp_types": None,
        "truncation_strategy": None,
        "include": None,
        **({} if realtime else {"greeting": None, "handoff": None}),
        **({"agent": _agent(agent)} if agent else {}),
    }


_UNSET_OF_VOICE = dict.fromkeys(
    (
        "temperature",
        "custom_lexicon_url",
        "custom_text_normalization_url",
        "prefer_locales",
        "locale",
        "style",
        "pitch",
        "rate",
        "volume",
    )
)
_AVA: Json = {"name": "en-US-AvaNeural", "type": "azure-standard"}


def _own_voice(model: str | None) -> Json:
    if model == "azure-realtime":
        return {"type": "azure-realtime-native", "name": "ava"}
    newer = model is not None and model.startswith("gpt-realtime-2")
    return {"name": "marin" if newer else "alloy", "type": "openai"}


def _agent(name: str) -> Json:
    ids = {"agent_id": f"asst_{name}", "thread_id": new_id("thread")}
    return {"type": "agent", "name": name, "description": None, **ids}


def voice(given: Json) -> Json:
    """A voice as the session echoes it."""
    if not str(given["type"]).startswith("azure-") or given["type"] == "azure-realtime-native":
        return given
    return {"name": given.get("name"), "type": given["type"], **_UNSET_OF_VOICE, **given}


_UNSET_OF_SEMANTIC = dict.fromkeys(
    (
        "neg_threshold",
        "speech_duration_ms",
        "window_size",
        "distinct_ci_phones",
        "require_vowel",
        "require_vowel_assistant_speaking",
    )
)


def turn_detection(given: Json, *, realtime: bool) -> Json:
    """A turn detection as the session echoes it: on cascade, what is not given is null."""
    echo: Json = {
        "type": given["type"],
        "threshold": 0.5 if realtime else None,
        "prefix_padding_ms": 400 if realtime else None,
        "silence_duration_ms": 500 if realtime else None,
        "create_response": True,
        "interrupt_response": True,
        "idle_timeout_ms": None,
    }
    if given["type"] != "server_vad":
        echo |= {"profile": "classic", "end_of_utterance_detection": None, **_UNSET_OF_SEMANTIC}
        echo |= {"remove_filler_words": False, "languages": None}
    else:
        echo |= {"speech_duration_ms": None}
        echo |= {"end_of_utterance_detection": None} if realtime else {}
    echo |= {"auto_truncate": False, "appended_text_after_truncation": None}
    echo |= {key: value for key, value in given.items() if value is not None}
    if eou := given.get("end_of_utterance_detection"):
        unset_eou = {"threshold": None, "threshold_level": "default", "timeout": None}
        echo["end_of_utterance_detection"] = {"model": None, **unset_eou, **eou}
    return echo


def transcription(given: Json, *, realtime: bool) -> Json:
    """A transcription as `session.updated` echoes it."""
    unset: Json = {"model": "azure-speech", "language": None, "prompt": None}
    unset |= {} if realtime else {"language": "", "delay": None}
    return {**unset, "custom_speech": None, "phrase_list": None, **given}


def echo_cancellation(given: Json) -> Json:
    """An echo cancellation as the session echoes it."""
    return {"reference_source": "server", "channels": 1, **given}
