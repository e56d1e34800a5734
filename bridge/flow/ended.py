"""A call that has ended, as a flow's own code sees it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.flow.call import Call


@dataclass(frozen=True)
class Said:
    """A line of the call."""

    by: Literal["caller", "agent", "line"]
    """`line`: said by the line itself, as interim lines and reprompts are."""
    at_s: float
    """When it began to come, from the opening of the media."""
    text: str = field(repr=False)
    heard: str | None = field(default=None, repr=False)
    """What the caller heard of it, if they cut it short: to the word where Voice Live tells the
    times of words, else an estimate."""


@dataclass(frozen=True)
class Ended:
    """What is known of a call once it is over. It holds personal data: keep it as you keep those.

    A function of the flow has the words as they were, numbers that the caller said among them; what
    is posted to `INTERLUDE_WEBHOOK_URL` has `…71` in place of `4271`. Digits that a tool asked for
    as a secret are nowhere in it.
    """

    call: Call
    by: str
    """Who ended it: `caller`, `agent`, `voice`, `carrier` or `bridge`."""
    reason: str
    """Why: `hung_up`, `transferred`, `lost`, …"""
    lasted_s: float
    said: tuple[Said, ...]
    figures: dict[str, Any]
    """What the call leaves in the log: counts, waits, tools; nothing of what was said."""


OnEnd = Callable[[Ended], Awaitable[None]]
