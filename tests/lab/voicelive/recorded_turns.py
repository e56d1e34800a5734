"""Order and keys of recorded events: gpt-4.1 at 2026-04-10, and gpt-realtime."""

CASCADE_TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.created",
    "response.created",
    "response.output_item.added",
    "conversation.item.created",
    "response.content_part.added",
    "response.audio_transcript.delta",
    "response.audio.delta",
    "response.audio.done",
    "response.audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]
REALTIME_TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.created",
    "conversation.item.done",
    "response.created",
]
CALL = [
    "response.created",
    "response.output_item.added",
    "conversation.item.created",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "response.done",
]
TEXT_ANSWER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.created",
    "response.content_part.added",
    "response.text.delta",
    "response.text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]
_PART = ["event_id", "type", "response_id", "item_id", "output_index", "content_index"]
EVENT_KEYS = {
    "input_audio_buffer.speech_started": ["event_id", "type", "audio_start_ms", "item_id"],
    "input_audio_buffer.speech_stopped": ["event_id", "type", "audio_end_ms", "item_id"],
    "input_audio_buffer.committed": ["event_id", "type", "previous_item_id", "item_id"],
    "conversation.item.input_audio_transcription.completed": [
        "event_id",
        "type",
        "item_id",
        "content_index",
        "transcript",
        "language",
    ],
    "conversation.item.created": ["event_id", "type", "previous_item_id", "item"],
    "response.created": ["event_id", "type", "response"],
    "response.output_item.added": ["event_id", "type", "response_id", "output_index", "item"],
    "response.content_part.added": [*_PART, "part"],
    "response.audio_transcript.delta": [*_PART, "delta"],
    "response.audio.delta": [*_PART, "delta"],
    "response.audio.done": _PART,
    "response.audio_transcript.done": [*_PART, "transcript"],
    "response.content_part.done": [*_PART, "part"],
    "response.output_item.done": ["event_id", "type", "response_id", "output_index", "item"],
    "response.done": ["event_id", "type", "response"],
}
RESPONSE_KEYS = [
    "object",
    "id",
    "status",
    "status_details",
    "output",
    "usage",
    "conversation_id",
    "modalities",
    "voice",
    "output_audio_format",
    "temperature",
    "max_output_tokens",
    "metadata",
]
CALL_KEYS = ["id", "object", "type", "status", "name", "call_id", "arguments"]
ARGUMENTS_KEYS = [
    "event_id",
    "type",
    "response_id",
    "item_id",
    "output_index",
    "call_id",
    "name",
    "arguments",
]
USAGE = {
    "input_token_details": [
        "cached_tokens",
        "cache_write_tokens",
        "text_tokens",
        "audio_tokens",
        "image_tokens",
        "cached_tokens_details",
    ],
    "output_token_details": ["text_tokens", "audio_tokens", "reasoning_tokens"],
}
