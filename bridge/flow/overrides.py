"""What operators may write about a number, in their file: the shape of it.

Whether a value can work is not said here, but by the flow's own rules, once it is part of a flow.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from bridge.flow.outcome_tables import Closed, Full, HangUpTable, LadderStep, Leaves, Table

OFF: Literal["off"] = "off"
ADAPTIVE = "adaptive"


def _number_or(word: str) -> Callable[[Any], int | str]:
    """Takes a whole number or one word; any other value gets one sentence, not two."""

    def check(value: Any) -> int | str:
        if value == word or type(value) is int:
            return cast("int | str", value)
        raise ValueError(f'it is a whole number, or "{word}"')

    return check


_Threshold = Annotated[
    int | str,
    PlainValidator(_number_or(ADAPTIVE)),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"const": ADAPTIVE}]}),
]
_Count = Annotated[
    int | str,
    PlainValidator(_number_or(OFF)),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": OFF}]}),
]


class InterimTable(Table):
    """How waits are covered, by tools that follow the flow's interim response as well."""

    kind: Literal["static", "llm", "off"] | None = None
    """One of `texts`, a line that a model makes up, or silence."""
    texts: list[str] = Field(default_factory=list)
    """Lines of which one is spoken, picked at random."""
    triggers: list[Literal["tool", "latency"]] = Field(default_factory=list)
    """What makes a line start: a tool at work, an agent that is slow, or either."""
    latency_threshold_ms: _Threshold = 2000
    """How long a wait has lasted when the line is spoken, in ms, or `adaptive`."""
    delivery: Literal["auto", "service", "bridge"] = "auto"
    """Who speaks: Voice Live, Interlude, or whoever can do it."""
    then: list[LadderStep] = Field(default_factory=list)
    """What follows while the wait goes on; the last may transfer or hang up."""
    instructions: str = ""
    """What the model is told that makes up a line."""
    model: str = "gpt-4.1-mini"
    """The model that makes up a line, where Voice Live speaks."""
    max_completion_tokens: int = 50
    """The longest line that it makes up."""


class SilenceTable(Table):
    """What happens when the caller says nothing."""

    after_ms: int = 8_000
    """How long the caller may think, before each reprompt and before the end, in ms."""
    reprompts: list[str] = Field(default_factory=list)
    """Said one after the other; `[""]` is one in the flow's language."""
    then: Leaves | None = None
    """What comes after the last was in vain."""
    longest_speech_ms: int = 60_000
    """Whoever speaks for so long without a pause is no caller."""


class HoursTable(Table):
    """When the line is open, and what happens when it is closed."""

    zone: str = ""
    """Time zone, like `Europe/Berlin`."""
    week: dict[str, str] = Field(default_factory=dict)
    """Days and their hours, `{ mon-fri = "08:00-18:00" }`; all of them, in place of the flow's."""
    closed: Closed | None = None
    """What a caller meets."""
    holidays: str = ""
    """A country, `DE`, or a part of one, `DE-BY`: closed on its public holidays."""
    special: dict[str, str] = Field(default_factory=dict)
    """Dates that differ, `{ 2026-12-24 = "closed" }`; all of them, in place of the flow's."""


class FallbackTable(Table):
    """What the caller hears when speech fails."""

    meanwhile: str = ""
    """Said while a lost session is replaced; empty for words in the flow's language."""
    say: str = ""
    """Said when that has failed; empty for an apology in the flow's language."""
    then: Leaves | None = None
    """What comes next."""


class LimitsTable(Table):
    """What one call may take, and what the line may."""

    longest_s: float = 1_800
    """The longest call, in seconds."""
    notice: str = ""
    """Said a minute before."""
    most_tool_calls: int = 100
    """Tool calls in one call."""
    most_reconnects: int = 3
    """Sessions that may replace a lost one, in one call."""
    calls_per_hour: _Count = OFF
    """How often one caller may call."""
    blocked: list[str] = Field(default_factory=list)
    """Callers who are not served, in international form."""
    refusal: str = ""
    """What they hear, and those who call too often."""
    most_calls: _Count = OFF
    """Calls at a time, of this line, in each process."""
    overflow: Full | None = None
    """What a caller meets whom nobody has capacity for."""


class RecordingTable(Table):
    """ACS records the call."""

    consent: str = ""
    """Said first; recording begins when the caller has heard it."""


_Off = Annotated[Literal["off"], Tag("off")]
_ON_OR_OFF = Discriminator(
    lambda given: "on" if isinstance(given, dict | Table) else "off" if given == OFF else None,
    custom_error_type="not_off",
    custom_error_message="it is a table, or 'off'",
)


class Overrides(Table):
    """What differs from the flow; what is left out is as the flow's author has it."""

    greeting: str = ""
    """Spoken word for word when the call begins; empty: the agent waits for the caller."""
    voice: str = ""
    """An Azure voice or one of OpenAI's; its language is the line's."""
    interim: InterimTable = Field(default_factory=InterimTable)
    silence: Annotated[Annotated[SilenceTable, Tag("on")] | _Off, _ON_OR_OFF] = OFF
    hours: Annotated[Annotated[HoursTable, Tag("on")] | _Off, _ON_OR_OFF] = OFF
    fallback: FallbackTable = Field(default_factory=FallbackTable)
    keypad: dict[str, Leaves] = Field(default_factory=dict)
    """What a key does at any time: `{ "0" = { transfer = "+1…" } }`; all keys, in place of the
    flow's."""
    limits: LimitsTable = Field(default_factory=LimitsTable)
    recording: Annotated[Annotated[RecordingTable, Tag("on")] | _Off, _ON_OR_OFF] = OFF
    machine: HangUpTable = Field(default_factory=lambda: HangUpTable(hang_up=True))
    """What a call that the line places does when an answering machine takes it."""

    @property
    def changed(self) -> list[str]:
        """The fields that differ from the flow's."""
        return sorted(self.model_fields_set & Overrides.model_fields.keys())


def tables_in(annotation: Any) -> Iterator[type[Table]]:
    """The kinds of tables that a value may be."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for part in get_args(annotation):
        yield from tables_in(part)


PARTS = {
    name: tuple(part for table in tables_in(field.annotation) for part in table.model_fields)
    if name not in ("keypad", "machine")
    else ()
    for name, field in Overrides.model_fields.items()
}
"""Each field that can be an operator's business, and its parts."""


def check_marks(marks: Iterable[str]) -> str | None:
    """What is wrong with an author's `operators=`; None if nothing."""
    if isinstance(marks, str):
        return f'operators is a tuple: operators=("{marks}",)'
    known = [*PARTS, *(f"{name}.{part}" for name, parts in PARTS.items() for part in parts)]
    for mark in marks:
        if mark not in known:
            near = get_close_matches(mark, known, n=1)
            use = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(PARTS)}"
            return f"operators names {mark!r}, which operators cannot change; {use}"
    return None


def is_marked(name: str, marks: Iterable[str]) -> bool:
    """Whether a field, or a part of one, is an operator's business."""
    return name in marks or name.partition(".")[0] in marks
