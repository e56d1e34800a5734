"""What a flow may cost its callers."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bridge.lab.experience import FIGURES, Experience, in_words

_Time = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
_Times = Annotated[int | None, Field(ge=0)]


@dataclass(frozen=True)
class Failure:
    """What was wrong with a call, as a sentence."""

    text: str
    at_ms: float | None = None
    """Where in the recording, if that is known."""

    def __str__(self) -> str:
        return self.text


class Budget(BaseModel):
    """The most that each figure of `Experience` may be; None, and a figure of None, is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dead_air_s: _Time = None
    answer_gap_p50_s: _Time = None
    answer_gap_p95_s: _Time = None
    cover_s: _Time = None
    wasted_s: _Time = None
    barge_in_stop_ms: _Time = None
    reprompts: _Times = None
    words_cut: _Times = None
    talked_over_s: _Time = None
    interim_lines: _Times = None
    longest_speech_s: _Time = None

    def broken_by(self, experience: Experience) -> list[Failure]:
        """A sentence for each figure over its budget: how much, how much it may be, and where."""
        failures = []
        for name, label in FIGURES.items():
            if not self.is_kept(name, experience):
                is_, may_be = (in_words(name, getattr(o, name)) for o in (experience, self))
                at_ms = experience.at_ms.get(name)
                where = "" if at_ms is None else f", at {at_ms / 1000:.2f} s"
                text = f"{label}: {is_}{where}; the budget is {may_be}."
                failures.append(Failure(text, at_ms))
        return failures

    def is_kept(self, name: str, experience: Experience) -> bool:
        """Whether one figure is within its budget, or has none."""
        value, most = getattr(experience, name), getattr(self, name)
        return value is None or most is None or value <= most
