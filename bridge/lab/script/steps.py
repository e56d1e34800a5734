"""What a scripted caller does, one step after the other."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Who = Literal["agent", "interim"]
"""`interim` is what covers a wait, whoever delivers it; the rest is the agent's."""


class Value(BaseModel):
    """Something written in a script: nothing that is not known may stand in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Says(Value):
    """Speak, to the end of the words."""

    says: str = Field(min_length=1)


class Plays(Value):
    """Send a sound, to its end: a WAV file, PCM16 of one channel, as the script's folder has it."""

    plays: str = Field(min_length=1)


class TalksOver(Value):
    """Speak while the other side does."""

    talks_over: str = Field(min_length=1)
    after_s: float = Field(0.8, ge=0)
    """How long the other side may speak first, from its first sound on."""
    within_s: float = Field(15, gt=0)
    """How long to wait for that first sound."""


class Coughs(Value):
    """Make half a second of noise that is no word."""

    coughs: Literal[True]


class Presses(Value):
    """Press keys, half a second apart."""

    presses: str = Field(pattern=r"^[0-9*#A-D]+$")


class Waits(Value):
    """Do nothing for so many seconds."""

    waits: float = Field(gt=0)


class StaysSilent(Value):
    """Say nothing for so many seconds, though somebody may be waiting for a word."""

    stays_silent: float = Field(gt=0)


class Hears(Value):
    """Listen until a line was heard to its end that contains these words, or one of several."""

    hears: str | tuple[str, ...]
    within_s: float = Field(15, gt=0)
    by: Who | None = None
    """Who must have said it; without, anyone on the other side."""


class IsTransferred(Value):
    """Wait until the line is put through to this number."""

    is_transferred_to: str
    within_s: float = Field(30, gt=0)


class HangsUp(Value):
    """Put the receiver down."""

    hangs_up: Literal[True]


class IsHungUp(Value):
    """Wait until the other side has ended the call."""

    is_hung_up: Literal[True]
    within_s: float = Field(30, gt=0)


_STEPS = {
    kind: next(iter(kind.model_fields))
    for kind in (
        Says,
        Plays,
        TalksOver,
        Coughs,
        Presses,
        Waits,
        StaysSilent,
        Hears,
        IsTransferred,
        HangsUp,
        IsHungUp,
    )
}
VERBS = tuple(_STEPS.values())


def _verb(step: Any) -> str | None:
    """Which of the steps this is; pydantic says what there is if it is none."""
    named = step if isinstance(step, dict) else dict(step)
    return next((verb for verb in VERBS if verb in named), None)


Step = Annotated[
    Annotated[Says, Tag("says")]
    | Annotated[Plays, Tag("plays")]
    | Annotated[TalksOver, Tag("talks_over")]
    | Annotated[Coughs, Tag("coughs")]
    | Annotated[Presses, Tag("presses")]
    | Annotated[Waits, Tag("waits")]
    | Annotated[StaysSilent, Tag("stays_silent")]
    | Annotated[Hears, Tag("hears")]
    | Annotated[IsTransferred, Tag("is_transferred_to")]
    | Annotated[HangsUp, Tag("hangs_up")]
    | Annotated[IsHungUp, Tag("is_hung_up")],
    Discriminator(
        _verb,
        custom_error_type="no_such_step",
        custom_error_message=f"a step has one of the verbs {', '.join(VERBS)}",
    ),
]
