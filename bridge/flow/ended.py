"""A call that has ended, as a flow's own code sees it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bridge.flow.call import Call
from bridge.flow.masking import mask_digits


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


def masked_lines(said: Sequence[Said]) -> list[Said]:
    """The lines without their digits, for those who may not see them.

    The lines of one speaker are read as one text: who dictates a number makes pauses.
    """
    texts = {
        by: iter(
            mask_digits("\n".join(_one_line(line) for line in said if line.by == by)).split("\n")
        )
        for by in {line.by for line in said}
    }
    return [
        replace(
            line,
            text=next(texts[line.by]),
            heard=line.heard and mask_digits(line.heard, is_cut=True),
        )
        for line in said
    ]


def _one_line(line: Said) -> str:
    return line.text.replace("\n", " ")


@dataclass(frozen=True)
class Ended:
    """What is known of a call once it is over. It holds personal data: keep it as you keep those.

    A function of the flow has the words as they were, numbers that the caller said among them; what
    is posted to `INTERLUDE_WEBHOOK_URL` has `…71` in place of `4271`. Digits that a tool asked for
    as a secret are nowhere in it.
    """

    call: Call
    by: str
    """Who ended it: `caller`, `agent`, `voice`, `carrier`, `bridge` or `operator`."""
    reason: str
    """Why: `hung_up`, `transferred`, `lost`, …"""
    lasted_s: float
    said: tuple[Said, ...]
    figures: dict[str, Any]
    """What the call leaves in the log: counts, waits, tools; nothing of what was said."""


OnEnd = Callable[[Ended], Awaitable[None]]
