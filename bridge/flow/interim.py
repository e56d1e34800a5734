"""Interim responses: short spoken bridges while the caller waits, in Voice Live's own words."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from bridge.flow.errors import FlowError
from bridge.flow.outcomes import HangUp, Transfer

Delivery = Literal["auto", "service", "bridge"]


class Trigger(StrEnum):
    """What makes an interim response start; several triggers mean either."""

    LATENCY = "latency"
    """The agent has been silent for the threshold."""
    TOOL = "tool"
    """A tool is running."""


@dataclass(frozen=True)
class Say:
    """A step of an interim response: another line, `after_ms` into the wait."""

    text: str
    after_ms: int | None = None


Step = Say | Transfer | HangUp


@dataclass(frozen=True, kw_only=True)
class _Interim:
    triggers: tuple[Trigger, ...] = (Trigger.LATENCY,)
    latency_threshold_ms: int = 2000
    delivery: Delivery = "auto"
    """Who speaks: Voice Live (`service`), Interlude (`bridge`), or whoever can do it."""
    then: tuple[Step, ...] = ()
    """What follows while the wait goes on; the bridge delivers. Transfer and HangUp give up."""

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if isinstance(self.triggers, str) or not self.triggers:
            raise FlowError(f"{kind} needs triggers=(Trigger.TOOL,), (Trigger.LATENCY,) or both.")
        if unknown := [t for t in self.triggers if t not in tuple(Trigger)]:
            raise FlowError(f"{kind} does not know the trigger {unknown[0]!r}; use Trigger.TOOL.")
        if self.latency_threshold_ms < 0:
            raise FlowError(f"{kind}(latency_threshold_ms=...) cannot be below 0.")
        if self.delivery not in ("auto", "service", "bridge"):
            raise FlowError(f"{kind}(delivery=...) is 'auto', 'service' or 'bridge'.")
        self._check_steps(kind)

    def _check_steps(self, kind: str) -> None:
        if self.then and self.delivery == "service":
            raise FlowError(f"{kind}(then=...) needs delivery='bridge' or 'auto'.")
        times = [self.latency_threshold_ms]
        for step in self.then:
            if step.after_ms is None:
                raise FlowError(f"Each step in {kind}(then=...) needs after_ms=....")
            times.append(step.after_ms)
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise FlowError(f"The steps in {kind}(then=...) must come later and later.")
        if any(not isinstance(step, Say) for step in self.then[:-1]):
            raise FlowError(f"In {kind}(then=...), only the last step may transfer or hang up.")


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
    texts: tuple[str, ...] = ()
    """What the bridge says where it must deliver."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.texts, str):
            raise FlowError('LlmInterim(texts=...) is a tuple: texts=("One moment.",).')
        if self.max_completion_tokens < 1:
            raise FlowError("LlmInterim(max_completion_tokens=...) cannot be below 1.")
