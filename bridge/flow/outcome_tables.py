"""What is done, as operators write it in their file: transfers, goodbyes, steps of a ladder.

What a table is, one of its keys says: `{ transfer = "+1…" }`, `{ say = "…", after_ms = 4500 }`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from bridge.flow.interim import Play, Say, Step
from bridge.flow.outcomes import HangUp, Transfer, Voicemail


class Table(BaseModel):
    """A table of TOML: no key but these."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class TransferTable(Table):
    """The caller is connected to somebody else."""

    makes: ClassVar = Transfer

    transfer: str
    """A number in international form, or the identifier of a Teams user."""
    say: str | None = None
    """What the caller hears first."""
    after_ms: int | None = None
    """For a step of an interim response: when, in ms from the beginning of the wait."""
    brief: str | None = None
    """What the colleague hears first, who then presses 1."""
    music: str | None = None
    """A WAV file in the folder of flows, for that time."""
    headers: dict[str, str] = Field(default_factory=dict)
    """SIP headers: `User-To-User` and `X-MS-Custom-…`."""


class HangUpTable(Table):
    """The line hangs up."""

    makes: ClassVar = HangUp

    hang_up: Literal[True]
    say: str | None = None
    """What the caller hears first."""
    after_ms: int | None = None
    """For a step of an interim response: when, in ms from the beginning of the wait."""


class VoicemailTable(Table):
    """The caller may leave a message."""

    makes: ClassVar = Voicemail

    voicemail: str
    """What the caller hears first: that they may leave a message, and that it is recorded."""
    longest_s: float = 120
    """The longest message, in seconds."""


class FlowTable(Table):
    """Another call flow answers."""

    flow: str
    """Name of its module."""


class SayTable(Table):
    """A step of an interim response: another line."""

    makes: ClassVar = Say

    say: str
    after_ms: int
    """When, in ms from the beginning of the wait."""
    every_ms: int | None = None
    """With `times`: how far apart."""
    times: int = 1


class PlayTable(Table):
    """A step of an interim response: a sound."""

    makes: ClassVar = Play

    play: str
    """A WAV file in the folder of flows."""
    after_ms: int
    """When, in ms from the beginning of the wait."""
    times: int | None = None
    """How often, in a row; without it, as long as the wait goes on."""


Made = TransferTable | HangUpTable | VoicemailTable | SayTable | PlayTable

VERBS: Mapping[str, type[Table]] = {
    "transfer": TransferTable,
    "hang_up": HangUpTable,
    "voicemail": VoicemailTable,
    "flow": FlowTable,
    "play": PlayTable,
    "say": SayTable,
}
"""By the key that says which table it is."""


def made(table: Made) -> Step | Voicemail:
    """What a table stands for.

    Raises:
        FlowError: it cannot be done.
    """
    given = {name: getattr(table, name) for name in type(table).model_fields}
    first = given.pop(next(verb for verb in VERBS if verb in given))
    return table.makes(**given) if isinstance(table, HangUpTable) else table.makes(first, **given)


def _by_verb(*verbs: str) -> Discriminator:
    def verb(given: Any) -> str | None:
        keys = dict(given) if isinstance(given, dict | Table) else {}
        return next((verb for verb in VERBS if verb in verbs and verb in keys), None)

    *others, last = (f"`{verb}`" for verb in verbs)
    return Discriminator(
        verb,
        custom_error_type="no_verb",
        custom_error_message=f"it is a table with {', '.join(others)} or {last}",
    )


_Transfer = Annotated[TransferTable, Tag("transfer")]
_HangUp = Annotated[HangUpTable, Tag("hang_up")]
_Voicemail = Annotated[VoicemailTable, Tag("voicemail")]
Leaves = Annotated[_Transfer | _HangUp, _by_verb("transfer", "hang_up")]
Full = Annotated[_Transfer | _HangUp | _Voicemail, _by_verb("transfer", "hang_up", "voicemail")]
Closed = Annotated[
    _Transfer | _HangUp | _Voicemail | Annotated[FlowTable, Tag("flow")],
    _by_verb("transfer", "hang_up", "voicemail", "flow"),
]
LadderStep = Annotated[
    _Transfer | _HangUp | Annotated[PlayTable, Tag("play")] | Annotated[SayTable, Tag("say")],
    _by_verb("transfer", "hang_up", "play", "say"),
]
