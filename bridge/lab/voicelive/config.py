"""What `session.update` may change, and what the service refuses."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bridge.lab.voicelive import defaults
from bridge.lab.voicelive.defaults import Pipeline
from bridge.lab.voicelive.sound import INPUT_FORMATS, INPUT_RATES_HZ, OUTPUT_FORMATS
from bridge.lab.voicelive.switches import Switches
from bridge.lab.voicelive.wire import Json, Refusal

_NULLABLE = {
    "turn_detection",
    "input_audio_transcription",
    "input_audio_noise_reduction",
    "input_audio_echo_cancellation",
    "output_audio_timestamp_types",
    "animation",
    "avatar",
    "include",
}
_OPTIONAL = {"interim_response", "parallel_tool_calls", "reasoning_effort", "metadata"}
_PLAIN = {
    "modalities",
    "instructions",
    "voice",
    "input_audio_sampling_rate",
    "input_audio_format",
    "output_audio_format",
    "tools",
    "tool_choice",
    "temperature",
    "max_response_output_tokens",
}
_AGENT_OWNS = {
    "instructions",
    "temperature",
    "tools",
    "tool_choice",
    "max_response_output_tokens",
    "reasoning_effort",
    "parallel_tool_calls",
}
_PER_RESPONSE = {
    "modalities",
    "instructions",
    "voice",
    "output_audio_format",
    "tools",
    "tool_choice",
    "temperature",
    "interim_response",
}
_AZURE_VOICES = ("azure-standard", "azure-custom", "azure-personal", "avatar-voice-sync")
_VOICE_NEEDS = {"azure-custom": ("name", "endpoint_id"), "avatar-voice-sync": ("model",)}
_DETECTIONS = re.compile(r"server_vad|semantic_vad|azure_semantic_vad(_en|_multilingual)?")
_CHOICES: dict[str, tuple[Any, ...]] = {
    "input_audio_format": INPUT_FORMATS,
    "input_audio_sampling_rate": INPUT_RATES_HZ,
    "output_audio_format": tuple(OUTPUT_FORMATS),
    "output_audio_timestamp_types": ([], ["word"]),
}
_TYPES: dict[str, type] = {
    "voice": dict,
    "turn_detection": dict,
    "input_audio_transcription": dict,
    "input_audio_echo_cancellation": dict,
    "interim_response": dict,
    "modalities": list,
    "output_audio_timestamp_types": list,
    "tools": list,
    "instructions": str,
}
_INTERIM_TYPES = ("static_interim_response", "llm_interim_response")
_NEEDS_AZURE_VOICE = (
    "Interim response in realtime pipeline requires an Azure TTS voice (azure-standard, "
    "azure-custom, azure-personal, or avatar-voice-sync). OpenAI native voices stream audio "
    "directly and cannot support interim response injection."
)


def speaks_azure(voice: Json) -> bool:
    """Whether a voice is synthesised by Azure, and can say a text word for word."""
    return voice["type"] in _AZURE_VOICES


class Configuration:
    """The session's settings; an update is applied as a whole, or refused as a whole."""

    def __init__(self, initial: Json, pipeline: Pipeline, switches: Switches) -> None:
        self.session = initial
        self._initial = initial
        self._pipeline = pipeline
        self._switches = switches

    def update(self, change: Mapping[str, Any], *, began_talking: bool, has_audio: bool) -> None:
        """Apply a `session.update`, or raise `Refusal` and change nothing."""
        if "audio" in change:
            raise _invalid("Unknown parameter: 'session.audio'.", "session.audio")
        if self._switches.refuse_unknown:
            for key in change.keys() - (_NULLABLE | _OPTIONAL | _PLAIN):
                raise _invalid(f"Unknown parameter: 'session.{key}'.", f"session.{key}")
        if self._pipeline is Pipeline.AGENT:
            change = {k: v for k, v in change.items() if k not in _AGENT_OWNS}
        after = self._merged(change)
        if began_talking and after["voice"] != self.session["voice"]:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise Refusal("cannot_update_voice", message, "session.voice")
        for key in ("input_audio_format", "input_audio_sampling_rate"):
            if has_audio and after[key] != self.session[key]:
                raise _invalid(f"Cannot update {key} once audio was sent.", f"session.{key}")
        self.session = after

    def for_response(self, overrides: Mapping[str, Any]) -> Json:
        """The settings of one response."""
        if self._pipeline is Pipeline.AGENT and "instructions" in overrides:
            message = (
                "Overriding instructions in response.create is not supported with Agent service"
            )
            raise _invalid(message, "response.instructions")
        return self._merged({k: v for k, v in overrides.items() if k in _PER_RESPONSE})

    def echo(self) -> Json:
        """The session as `session.updated` shows it."""
        return {k: v for k, v in self.session.items() if k != "parallel_tool_calls"}

    def _merged(self, change: Mapping[str, Any]) -> Json:
        merged = dict(self.session)
        for key in change.keys() & (_NULLABLE | _OPTIONAL | _PLAIN):
            value = change[key]
            if value is not None:
                merged[key] = self._normalised(key, value)
            elif key in _OPTIONAL:
                merged.pop(key, None)
            else:
                merged[key] = None if key in _NULLABLE else self._initial[key]
        self._check_interim(merged)
        if not self._switches.interim_echo:
            merged.pop("interim_response", None)
        return merged

    def _normalised(self, key: str, value: Any) -> Any:
        realtime = self._pipeline is Pipeline.REALTIME
        if key in _TYPES and not isinstance(value, _TYPES[key]):
            raise _invalid(f"Invalid type for 'session.{key}'.", f"session.{key}")
        match key:
            case "modalities":
                value = sorted(value)
            case "voice":
                value = _voice(value)
            case "turn_detection":
                value = self._turn_detection(value)
            case "input_audio_transcription":
                value = defaults.transcription(value, realtime=realtime)
            case "input_audio_echo_cancellation":
                value = defaults.echo_cancellation(value)
            case "tools":
                value = [self._tool(tool) for tool in value]
        if key in _CHOICES and value not in _CHOICES[key]:
            raise _invalid(f"Invalid value for 'session.{key}': {value!r}.", f"session.{key}")
        return value

    def _turn_detection(self, raw: Json) -> Json:
        realtime = self._pipeline is Pipeline.REALTIME
        where = "session.turn_detection"
        kind = str(raw.get("type"))
        if not _DETECTIONS.fullmatch(kind) or (kind == "semantic_vad" and not realtime):
            raise _invalid(f"Invalid turn detection: '{kind}'.", f"{where}.type")
        eou = raw.get("end_of_utterance_detection") or {}
        if realtime and str(eou.get("model")).startswith("semantic_detection"):
            raise _invalid(
                "Text-based end-of-utterance detection requires a local speech recognizer and is "
                "only supported on cascaded pipelines.",
                f"{where}.end_of_utterance_detection",
            )
        return defaults.turn_detection(raw, realtime=realtime)

    def _tool(self, raw: Json) -> Json:
        if self.session["model"] == "azure-realtime":
            raise _invalid("Tools are not supported with this model.", "session.tools")
        if raw.get("type") == "function" and "name" not in raw:
            raise _invalid("Missing required parameter: 'session.tools.name'.", "session.tools")
        if any("type" not in branch for branch in _branches(raw.get("parameters"))):
            raise _invalid(
                "Invalid tool schema: each branch of 'anyOf' needs a type.", "session.tools"
            )
        return raw

    def _check_interim(self, session: Json) -> None:
        interim = session.get("interim_response")
        if interim is None:
            return
        native = self._pipeline is Pipeline.REALTIME and not speaks_azure(session["voice"])
        if native or self._switches.refuse_interim:
            raise Refusal("interim_response_requires_azure_voice", _NEEDS_AZURE_VOICE)
        valid: dict[str, Callable[[Any], bool]] = {
            "type": _INTERIM_TYPES.__contains__,
            "triggers": lambda v: bool(v) and set(v) <= {"latency", "tool"},
            "latency_threshold_ms": lambda v: isinstance(v, int) and v >= 0,
            "max_completion_tokens": lambda v: isinstance(v, int) and v >= 1,
        }
        for key, is_valid in valid.items():
            value = interim.get(key)
            if (value is not None or key == "type") and not is_valid(value):
                where = f"session.interim_response.{key}"
                raise _invalid(f"Invalid value for '{where}': {value!r}.", where)


def _voice(raw: Json) -> Json:
    kind = raw.get("type")
    if kind not in (*_AZURE_VOICES, "azure-realtime-native", "openai"):
        raise _invalid(f"Invalid voice type: '{kind}'.", "session.voice.type")
    for key in raw:
        if key != key.lower():
            raise _invalid(f"Unknown parameter: 'session.voice.{key}'.", f"session.voice.{key}")
    for key in _VOICE_NEEDS.get(kind, ("name",)):
        if key not in raw:
            raise _invalid(f"Missing parameter: 'session.voice.{key}'.", f"session.voice.{key}")
    rate = raw.get("rate")
    if rate is not None and not _is_rate(str(rate)):
        raise _invalid(f"Invalid value for 'session.voice.rate': {rate!r}.", "session.voice.rate")
    return defaults.voice(raw)


def _is_rate(rate: str) -> bool:
    return bool(re.fullmatch(r"\d(\.\d+)?", rate)) and 0.5 <= float(rate) <= 1.5  # noqa: PLR2004


def _branches(schema: Any) -> Iterator[Json]:
    """Every branch of every `anyOf`, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("anyOf", ())
    nested = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, dict | list):
        for part in nested:
            yield from _branches(part)


def _invalid(message: str, param: str) -> Refusal:
    return Refusal("invalid_request_error", message, param)
