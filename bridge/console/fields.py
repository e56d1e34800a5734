"""What a number's form asks for: what a flow's author leaves to operators, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from bridge.service.numbers.fields import Field as Left

Kind = Literal[
    "line",
    "text",
    "lines",
    "seconds",
    "threshold",
    "whole",
    "count",
    "choice",
    "choices",
    "steps",
    "outcome",
    "pairs",
    "keys",
]


@dataclass(frozen=True)
class Field:
    """One thing to fill in."""

    path: str
    """Where it is in the operators' file: `interim.texts`."""
    label: str
    kind: Kind
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """What to choose from: as the file has it, and in words."""


@dataclass(frozen=True)
class Section:
    """Fields that belong together."""

    name: str
    title: str
    fields: tuple[Field, ...]
    may_be_off: bool = False
    """Whether there may be none of it."""

    @property
    def rare(self) -> tuple[Field, ...]:
        """Those that operators seldom change."""
        return tuple(field for field in self.fields if field.path in _RARE)

    @property
    def usual(self) -> tuple[Field, ...]:
        """All others."""
        return tuple(field for field in self.fields if field.path not in _RARE)


_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "texts": "lines",
    "choice": "choice",
    "choices": "choices",
    "outcome": "outcome",
    "ladder": "steps",
    "keys": "keys",
    "pairs": "pairs",
}
_RARE = (
    "interim.delivery",
    "interim.model",
    "interim.max_completion_tokens",
    "silence.longest_speech_ms",
    "limits.most_tool_calls",
    "limits.most_reconnects",
)
_IN_ONE_LINE = ("voice", "hours.zone", "hours.holidays", "interim.model")
_MAY_BE_OFF = ("limits.calls_per_hour", "limits.most_calls")

_TITLES = {
    "greeting": "Greeting and voice",
    "interim": "While the caller waits",
    "hours": "Hours",
    "silence": "When the caller says nothing",
    "keypad": "Keys",
    "fallback": "When speech fails",
    "limits": "Limits",
    "recording": "Recording",
    "machine": "When an answering machine takes the call",
}
"""Sections, in the order of the page."""

_WORDS = {
    "greeting": ("The first words", "Empty: the caller speaks first."),
    "voice": ("Voice", "An Azure voice, by name; its language is the line's."),
    "interim.kind": ("Waits are covered by", ""),
    "interim.texts": ("First lines", "One in a row; one of them is spoken, picked at random."),
    "interim.instructions": ("What the model is told that makes up a line", ""),
    "interim.latency_threshold_ms": (
        "Speak after, in seconds",
        "Of waiting, like 0.5; or adaptive: as waits before suggest.",
    ),
    "interim.triggers": ("A wait begins", ""),
    "interim.then": ("Then, while the wait goes on", ""),
    "silence.after_ms": ("Ask after, in seconds", "And as long again before each next step."),
    "silence.reprompts": ("Ask", "One in a row, asked one after the other."),
    "silence.longest_speech_ms": ("Longest speech, in seconds", "Who talks for longer is no one."),
    "silence.then": ("When that was in vain", ""),
    "hours.zone": ("Time zone", "Like Europe/Berlin."),
    "hours.week": ("Open", "Days and times in each row: mon-fri 08:00-18:00."),
    "hours.holidays": ("Closed on public holidays of", "Like DE or DE-BY; empty: of none."),
    "hours.special": ("Dates that differ", "One in a row: 2026-12-24 08:00-12:00, or closed."),
    "hours.closed": ("When closed", ""),
    "keypad": ("Keys", "What a key does at any time."),
    "fallback.meanwhile": ("While it is tried again", "Empty: in the line's language."),
    "fallback.say": ("When that was in vain", "Empty: an apology in the line's language."),
    "fallback.then": ("Then", ""),
    "limits.most_calls": ("Calls at a time", "Or off: as many as fit."),
    "limits.overflow": ("When all lines are busy", ""),
    "limits.longest_s": ("Longest call, in seconds", ""),
    "limits.notice": ("Said a minute before its end", ""),
    "limits.calls_per_hour": ("Calls an hour from one caller", "Or off."),
    "limits.blocked": ("Callers who are not served", "A number in each row."),
    "limits.refusal": ("What they hear", ""),
    "recording.consent": ("Said before it begins", ""),
    "machine": ("The message", "Empty: the line hangs up."),
}
"""Labels, and what to fill in, where the file's own words would not do."""

_CHOICES = {
    "static": "one of the lines below",
    "llm": "a line that the model makes up",
    "off": "nothing",
    "tool": "when a tool is at work",
    "latency": "when the agent is slow",
    "auto": "whoever can",
    "service": "Voice Live",
    "bridge": "Interlude",
    "hang_up": "hang up",
    "transfer": "transfer",
    "voicemail": "take a message",
    "flow": "another call flow answers",
    "say": "say",
    "play": "play a sound",
}


def sections_of(left: Iterable[Left]) -> list[Section]:
    """The form for what is left to operators."""
    order, words = {name: at for at, name in enumerate(_TITLES)}, list(_WORDS)
    known = sorted(left, key=lambda each: order.get(_head(each.name), len(order)))
    sections = []
    for name, group in groupby(known, key=lambda each: _head(each.name)):
        parts = list(group)
        parts.sort(key=lambda each: words.index(each.name) if each.name in words else len(words))
        fields = tuple(_field(each) for each in parts if each.kind != "switch")
        title = _TITLES.get(name, name.capitalize())
        sections.append(Section(name, title, fields, any(each.kind == "switch" for each in parts)))
    return sections


def _head(path: str) -> str:
    return "greeting" if path == "voice" else path.partition(".")[0]


def _field(left: Left) -> Field:
    label, help_text = _WORDS.get(left.name, (left.label, left.help))
    choices = tuple((each, _CHOICES.get(each, each)) for each in left.choices)
    return Field(left.name, label, _kind(left), help_text, choices)


def _kind(left: Left) -> Kind:
    if left.name in _IN_ONE_LINE:
        return "line"
    if left.kind != "number":
        return _KINDS[left.kind]
    if left.name in _MAY_BE_OFF:
        return "count"
    if left.name.endswith("threshold_ms"):
        return "threshold"
    return "seconds" if left.name.endswith("_ms") else "whole"
