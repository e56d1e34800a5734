"""What a session leaves behind for assertions and timelines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["greeting", "answer", "interim"]
Tell = Callable[[str, str], None]
"""Reports a kind of happening, and its text."""


@dataclass(frozen=True)
class Spoken:
    """A line whose audio was sent, as far as it was sent."""

    text: str
    kind: Kind
    """`greeting` is what is said before the caller has said anything, `interim` what covers a wait:
    the service's own, or what a client has said with `commit: false`."""
    response_id: str
    item_id: str
    pcm: bytes
    """PCM16 at the rate of the output format: 24 kHz unless configured."""
    at_s: float
    """Loop time of the first delta."""


@dataclass(frozen=True)
class Happening:
    """One moment of a session, for a timeline: a line when its first sound is sent."""

    at_s: float
    """Loop time."""
    kind: str
    """`caller_said`, `agent_said`, `interim`, `tool_called`, `tool_answered`, `speech_started`,
    `speech_stopped`, `interrupted` or `error`."""
    text: str
    session_id: str
    """Of the session; empty for a client that did not get one."""
