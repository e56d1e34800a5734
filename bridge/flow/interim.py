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
    """A step of an interim response: another line, `after_ms` into the wait.

    Said up to `times` times while the wait goes on, `every_ms` apart.
    """

    text: str
    after_ms: int | None = None
    every_ms: int | None = None
    times: int = 1

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise FlowError("Say needs a text.")
        if self.times < 1:
            raise FlowError(f"Say({self.text!r}) needs times=1 or more.")
        if self.times > 1 and not (self.every_ms and self.every_ms > 0):
            raise FlowError(f"Say({self.text!r}, times={self.times}) needs every_ms=..., above 0.")


@dataclass(frozen=True)
class Play:
    """A step of an interim response: a sound, `after_ms` into the wait.

    Lines are spoken over it, and it is softer under them. It repeats until the wait is over, or
    `times` times, and fades when the answer comes.

    Args:
        file: a WAV file, PCM16 at 8, 16, 24 or 48 kHz; its path begins at the folder of flows.
        after_ms: when.
        times: how often it is played, in a row; without it, for as long as the wait goes on.
    """

    file: str
    after_ms: int | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        if not self.file.lower().endswith(".wav"):
            raise FlowError(f"Play({self.file!r}) needs a WAV file, like 'hold.wav'.")
        if self.times is not None and self.times < 1:
            raise FlowError(f"Play({self.file!r}) needs times=1 or more, or none at all.")


Step = Say | Play | Transfer | HangUp


@dataclass(frozen=True, kw_only=True)
class _Interim:
    texts: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = (Trigger.LATENCY,)
    latency_threshold_ms: int | Literal["adaptive"] = 2000
    """When to speak. `adaptive`: as the waits before suggest; the bridge delivers."""
    delivery: Delivery = "auto"
    """Who speaks: Voice Live (`service`), Interlude (`bridge`), or whoever can do it."""
    then: tuple[Step, ...] = ()
    """What follows while the wait goes on; the bridge delivers. Transfer and HangUp give up."""

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if isinstance(self.texts, str):
            raise FlowError(f'{kind}(texts=...) is a tuple: texts=("One moment.",).')
        if isinstance(self.triggers, str) or not self.triggers:
            raise FlowError(f"{kind} needs triggers=(Trigger.TOOL,), (Trigger.LATENCY,) or both.")
        if unknown := [t for t in self.triggers if t not in tuple(Trigger)]:
            raise FlowError(f"{kind} does not know the trigger {unknown[0]!r}; use Trigger.TOOL.")
        threshold = self.latency_threshold_ms
        if threshold != "adaptive" and (not isinstance(threshold, int) or threshold < 0):
            raise FlowError(
                f"{kind}(latency_threshold_ms=...) is 'adaptive' or a whole number, 0 or more."
            )
        if self.delivery not in ("auto", "service", "bridge"):
            raise FlowError(f"{kind}(delivery=...) is 'auto', 'service' or 'bridge'.")
        self._check_steps(kind)

    def _check_steps(self, kind: str) -> None:
        times = [-1 if self.latency_threshold_ms == "adaptive" else self.latency_threshold_ms]
        for step in self.then:
            if step.after_ms is None:
                raise FlowError(f"Each step in {kind}(then=...) needs after_ms=....")
            times.append(step.after_ms)
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise FlowError(f"The steps in {kind}(then=...) must come later and later.")
        if any(isinstance(step, Transfer | HangUp) for step in self.then[:-1]):
            raise FlowError(f"In {kind}(then=...), only the last step may transfer or hang up.")

    @property
    def lines(self) -> tuple[str, ...]:
        """All that is said while a wait goes on, word for word."""
        return (*self.texts, *(step.text for step in self.then if isinstance(step, Say)))

    @property
    def ladder(self) -> list[tuple[int, Step]]:
        """The steps by their time in ms from the start of the wait, repeats among them."""
        steps: list[tuple[int, Step]] = []
        for step in self.then:
            times, every_ms = (step.times, step.every_ms or 0) if isinstance(step, Say) else (1, 0)
            steps += [((step.after_ms or 0) + n * every_ms, step) for n in range(times)]
        return sorted(steps, key=lambda due: due[0])


@dataclass(frozen=True, kw_only=True)
class StaticInterim(_Interim):
    """One of `texts`, picked at random, spoken when a wait has lasted `latency_threshold_ms`.

    Defaults and minima are those of Microsoft's interim-response reference: trigger `latency`,
    2000 ms, not below 0. One field report says the threshold delays the `tool` trigger too, so
    that a tool of 0.7 s is never covered at the default; 300 to 800 suits a telephone.

    The `texts` of a tool's own interim response may name its parameters: `"Checking order
    {order_number}."`
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.texts or not all(text.strip() for text in self.texts):
            raise FlowError("StaticInterim needs at least one text, and none of them empty.")


@dataclass(frozen=True, kw_only=True)
class LlmInterim(_Interim):
    """A line made up by a small model, spoken when a wait has lasted `latency_threshold_ms`.

    Defaults and minima are those of Microsoft's interim-response reference: `gpt-4.1-mini`, 50
    tokens, not below 1. One field report heard a line in 1 of 11 waits for client tools; prefer
    `StaticInterim` where the wait is certain.

    The bridge has the session's own model make up the line, in a response apart from the
    conversation. It says one of `texts` where that cannot be: for an agent, whose instructions are
    its own, while the model is at work on the answer, and where the response brings no sound.
    """

    instructions: str | None = None
    model: str = "gpt-4.1-mini"
    max_completion_tokens: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_completion_tokens < 1:
            raise FlowError("LlmInterim(max_completion_tokens=...) cannot be below 1.")


Interim = StaticInterim | LlmInterim
