"""Figures of models, by OpenTelemetry's semantic conventions for generative AI.

Those are in development: github.com/open-telemetry/semantic-conventions-genai, gen-ai-metrics.md,
here as of commit 004902b. Names, attributes and bounds of buckets are theirs.
"""

from opentelemetry.metrics import Meter

from bridge.call.record import Record
from bridge.service.call_figures import seconds

PROVIDER = "microsoft.foundry"
"""As the SDK of Voice Live has it; the conventions have no word for it."""

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4**power for power in range(14))
_ENDS = ("cancelled", "failed", "incomplete", "timeout")
"""Values of `error.type`; `_OTHER` stands for all else, as the conventions have it."""


class ModelFigures:
    """An operation is one response."""

    def __init__(self, meter: Meter) -> None:
        self._took = seconds(
            meter,
            "gen_ai.client.operation.duration",
            "From the request for a response, or the caller's last word, until it was made.",
            _SECONDS,
        )
        self._first = seconds(
            meter,
            "gen_ai.client.operation.time_to_first_chunk",
            "From the request for a response, or the caller's last word, to its first sound.",
            _SECONDS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Tokens that a response is said to have used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    def count(self, record: Record) -> None:
        """Take in a call that has ended."""
        labels = {
            "gen_ai.operation.name": "chat" if record.model else "invoke_agent",
            "gen_ai.provider.name": PROVIDER,
            **({"gen_ai.request.model": record.model} if record.model else {}),
        }
        for each in record.generations:
            error = {}
            if each.status != "completed":
                error = {"error.type": each.status if each.status in _ENDS else "_OTHER"}
            self._took.record(each.took_ms / 1000, labels | error)
            if each.first_ms is not None:
                self._first.record(each.first_ms / 1000, labels)
            for kind, count in (("input", each.tokens_in), ("output", each.tokens_out)):
                if count:
                    self._tokens.record(count, labels | {"gen_ai.token.type": kind})
