"""A script: a call, the people and services in it, and what is to be heard."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bridge.lab.acs import Switches as AcsSwitches
from bridge.lab.budget import Budget
from bridge.lab.script.steps import Step, Value, Who
from bridge.lab.voicelive import Switches as VoiceLiveSwitches


class Backend(Value):
    """What a tool of the flow does in place of its own work: a back end on a certain day.

    With nothing but `takes_s`, the tool itself works, and then as long as it takes.
    """

    takes_s: float = Field(0, ge=0)
    """What it takes before anything else comes of it."""
    returns: Any = None
    """What it answers in place of what the tool would: a text, a mapping or a list."""
    fails: str | None = None
    """It raises an error with these words, which the log has and nobody is told."""
    refuses: str | None = None
    """It raises a `ToolError` with these words, which are told to the model."""
    hangs: bool = False
    """It never comes back."""

    @model_validator(mode="after")
    def _one_at_most(self) -> Self:
        if sum((self.returns is not None, bool(self.fails), bool(self.refuses), self.hangs)) > 1:
            raise ValueError("a back end returns, fails, refuses or hangs: one of them")
        return self


class Thinks(Value):
    """What the model does in one turn, in place of what its rules would have it do."""

    say: str | None = None
    call: str | None = None
    """Name of a tool."""
    arguments: Mapping[str, Any] = Field(default_factory=dict)
    """Of the tool."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.say and not self.call:
            raise ValueError("a turn of the model says something, calls a tool, or both")
        return self


class Spoke(Value):
    """How many lines of a kind were heard."""

    least: int = Field(0, ge=0)
    most: int | None = Field(None, ge=0)


class ToolUsed(Value):
    """A tool that the model called, with at least these arguments."""

    name: str
    arguments: Mapping[str, Any] = Field(default_factory=dict)


class Ended(Value):
    """How the call ended, as its record has it."""

    by: Literal["caller", "agent", "voice", "carrier", "bridge"] | None = None
    reason: str | None = None


class Expected(Value):
    """What must be true of the whole call, when it is over."""

    never_heard: tuple[str, ...] = ()
    """Words that no line may contain that the caller heard, in whole or in part."""
    never_heard_by: Who | None = None
    """Whose lines these are; without, anyone's."""
    tools: tuple[ToolUsed, ...] | None = None
    """The tools that were called, in this order, and no others."""
    interim: Spoke | None = None
    """Lines that covered waits."""
    transferred_to: str | None = None
    end: Ended | None = None


class Scene(Value):
    """Who calls which line, and what everybody else does meanwhile."""

    flow: str = Field(min_length=1)
    """The call flow's module name."""
    caller: str = "+14255550123"
    """The caller's number, `anonymous` when withheld."""
    language: str | None = None
    """BCP-47 tag of what the caller speaks; the flow's, if not given."""
    sip_headers: Mapping[str, str] = Field(default_factory=dict)
    at: str | None = None
    """When the call comes, as `2026-12-24T09:30`, by the line's own clock; without, a time at which
    it is open."""
    rendered: bool = True
    """Whether the flow's fixed texts were rendered before, as `interlude render` does."""
    tools: Mapping[str, Backend] = Field(default_factory=dict)
    """Back ends, by the names of the flow's tools; those that are not named work."""
    model: tuple[Thinks, ...] = ()
    """What the model does about each of the caller's turns; by its rules once these have ended.

    The rules call the tool whose description shares most words with what was said.
    """
    colleagues: Mapping[str, Literal["accepts", "answers", "busy", "declines", "rings_out"]] = (
        Field(default_factory=dict)
    )
    """What people do whom the line asks to take the call, by number. Who `accepts` presses 1 once
    they were told what it is about; without, they only answer."""
    acs: AcsSwitches = Field(default_factory=AcsSwitches)
    """What else happens on the telephone's side."""
    voice_live: VoiceLiveSwitches = Field(default_factory=VoiceLiveSwitches)
    """What else happens on Voice Live's side."""


class Script(Scene):
    """One call."""

    name: str = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    expect: Expected = Expected()
    budget: Budget = Field(default_factory=Budget)
    """What the caller's figures may not exceed."""
