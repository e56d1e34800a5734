"""Interim responses: short spoken bridges while the caller waits, in Voice Live's own words."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.flow.errors import FlowError


class Trigger(StrEnum):
    """What makes an interim response start; several triggers mean either."""

    LATENCY = "latency"
    """The agent has been silent for the threshold."""
    TOOL = "tool"
    """A tool is running."""


@dataclass(frozen=True, kw_only=True)
class _Interim:
    triggers: tuple[Trigger, ...] = (Trigger.LATENCY,)
    latency_threshold_ms: int = 2000

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if isinstance(self.triggers, str) or not self.triggers:
            raise FlowError(f"{kind} needs triggers=(Trigger.TOOL,), (Trigger.LATENCY,) or both.")
        if unknown := [t for t in self.triggers if t not in tuple(Trigger)]:
            raise FlowError(f"{kind} does not know the trigger {unknown[0]!r}; use Trigger.TOOL.")
        if self.latency_threshold_ms < 0:
            raise FlowError(f"{kind}(latency_threshold_ms=...) cannot be below 0.")


@dataclass(frozen=True, kw_only=True)
class StaticInterim(_Interim):
    """One of `texts`, picked at random, spoken when a wait has lasted `latency_threshold_ms`.

    Defaults and minima are those of Microsoft's interim-response reference: trigger `latency`,
    2000 ms, not below 0. One field report says the threshold delays the `tool` trigger too, so
    that a tool of 0.7 s is never covered at the default; 300 to 800 suits a telephone.
    """

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.texts, str):
            raise FlowError('StaticInterim(texts=...) is a tuple: texts=("One moment.",).')
        if not self.texts or not all(text.strip() for text in self.texts):
            raise FlowError("StaticInterim needs at least one text, and none of them empty.")


@dataclass(frozen=True, kw_only=True)
class LlmInterim(_Interim):
    """A line made up by a small model, spoken when a wait has lasted `latency_threshold_ms`.

    Defaults and minima are those of Microsoft's interim-response reference: `gpt-4.1-mini`, 50
    tokens, not below 1. One field report heard a line in 1 of 11 waits for client tools; prefer
    `StaticInterim` where the wait is certain.
    """

    instructions: str | None = None
    model: str = "gpt-4.1-mini"
    max_completion_tokens: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_completion_tokens < 1:
            raise FlowError("LlmInterim(max_completion_tokens=...) cannot be below 1.")
