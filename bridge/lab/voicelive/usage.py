"""What a response is said to have cost."""

from dataclasses import dataclass
from typing import Any

AUDIO_TOKENS_IN_PER_S = 10
_AUDIO_TOKENS_OUT_PER_S = 20


@dataclass
class Usage:
    """Words count as text tokens; audio has the recorded rates."""

    text_in: int = 0
    audio_in: int = 0
    words_out: int = 0
    audio_out_ms: float = 0.0

    def body(self, *, cache_writes: bool) -> dict[str, Any]:
        """The `usage` of `response.done`; cascaded models count writes to the cache too."""
        audio_out = round(self.audio_out_ms * _AUDIO_TOKENS_OUT_PER_S / 1000)
        tokens_in, tokens_out = self.text_in + self.audio_in, self.words_out + audio_out
        return {
            "total_tokens": tokens_in + tokens_out,
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "input_token_details": {
                "cached_tokens": 0,
                **({"cache_write_tokens": 0} if cache_writes else {}),
                "text_tokens": self.text_in,
                "audio_tokens": self.audio_in,
                "image_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {
                "text_tokens": self.words_out,
                "audio_tokens": audio_out,
                "reasoning_tokens": 0,
            },
        }
