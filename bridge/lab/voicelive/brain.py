"""What the model does in a turn: by rule, or by script."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.lab.voicelive.words import filled, overlap

Outputs = Sequence[tuple[str, str]]
"""Name of the tool and its output, per call."""
Tools = Sequence[dict[str, Any]]
"""Function tools as the session has them."""


@dataclass(frozen=True)
class ToolCall:
    """A call of a function tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Thought:
    """What the model says, and then calls; with neither, it admits to have no answer."""

    say: str | None = None
    calls: tuple[ToolCall, ...] = ()
    after_s: float | None = None
    """From the start of the response to the first output; as the switches have it, if not given."""


class Brain(Protocol):
    """The model."""

    def turn(self, said: str, tools: Tools, instructions: str) -> Thought:
        """Return what it does about what the caller said."""
        ...

    def answer(self, outputs: Outputs, tools: Tools, instructions: str) -> Thought:
        """Return what it does about the outputs of the tools it called."""
        ...


class RuleBrain:
    """Calls the tool whose name and description share most words with what was said."""

    def turn(self, said: str, tools: Tools, instructions: str) -> Thought:  # noqa: ARG002
        """Call that tool with arguments found in what was said, or have no answer."""

        def likeness(tool: dict[str, Any]) -> int:
            return overlap(said, f"{tool['name']} {tool.get('description') or ''}")

        best = max(tools, key=likeness, default=None)
        if best is None or not likeness(best):
            return Thought()
        return Thought(calls=(ToolCall(best["name"], filled(best.get("parameters") or {}, said)),))

    def answer(self, outputs: Outputs, tools: Tools, instructions: str) -> Thought:  # noqa: ARG002
        """Speak the outputs."""
        return Thought(say=" ".join(_spoken(output) for _, output in outputs) or None)


class ScriptBrain(RuleBrain):
    """Thinks as told, turn by turn, and has no answer when the script has ended.

    Outputs are spoken, as `RuleBrain` does, once `answers` are used up.
    """

    def __init__(self, turns: Iterable[Thought], answers: Iterable[Thought] = ()) -> None:
        self._turns = iter(turns)
        self._answers = iter(answers)

    def turn(self, said: str, tools: Tools, instructions: str) -> Thought:  # noqa: ARG002
        """Return the next thought of the script."""
        return next(self._turns, Thought())

    def answer(self, outputs: Outputs, tools: Tools, instructions: str) -> Thought:
        """Return the next answer of the script, or speak the outputs."""
        return next(self._answers, None) or super().answer(outputs, tools, instructions)


def _spoken(output: str) -> str:
    try:
        value = json.loads(output)
    except ValueError:
        return output
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_told(told)}" for key, told in value.items())
    return str(value)


def _told(value: Any) -> str:
    """A text of nothing but digits is read one by one, as a number on a parcel is."""
    return " ".join(value) if isinstance(value, str) and value.isdecimal() else str(value)
