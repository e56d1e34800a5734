"""Calls that a line places itself: when it may, and why not."""

from collections.abc import Callable
from datetime import datetime

from bridge.call.breaker import Breaker
from bridge.flow.callflow import Callflow
from bridge.flow.numbers import is_e164
from bridge.service.capacity import Shortage

MOST_CALLS = 2
"""Calls that a number may place at a time, unless Microsoft raises it (its service limits)."""

RINGS_S = 115
"""How long ACS lets a telephone ring (Microsoft's service limits)."""
PATIENCE_S = RINGS_S + 15
"""From placing a call to giving up that ACS says anything more of it."""


_NO_CAPACITY = {
    Shortage.FULL: "This process has as many calls as it may have; try again when one has ended.",
    Shortage.BUSY_PROCESS: "This process is too busy for one more call; try again in 10 seconds.",
    Shortage.QUOTA: "The line has as many calls as it may have; try again when one has ended.",
    Shortage.SESSIONS: "Voice Live may have no more sessions just now; try again in a minute.",
}


class NotPlaced(Exception):
    """No call was placed; the message names the remedy, and no number but the line's own."""


class WrongNumber(NotPlaced):
    """It cannot be called."""


class LineClosed(NotPlaced):
    """The line is closed by its hours."""


class TooManyCalls(NotPlaced):
    """The number has as many calls under way as it may place."""


class NoCapacity(NotPlaced):
    """The call would not fit beside those in progress."""


class SpeechDown(NotPlaced):
    """Whoever answered would hear nothing but an apology."""


def check_placing(
    flow: Callflow,
    to: str,
    *,
    under_way: int,
    most: int,
    now: Callable[[], datetime],
    shortage: Shortage | None,
    breaker: Breaker,
) -> None:
    """See whether `flow` may call `to`, with so many of its calls under way, and a shortage.

    Raises:
        NotPlaced: it may not.
    """
    if not is_e164(to):
        raise WrongNumber("Give the number to call in international form, like '+18005550199'.")
    if flow.hours and not flow.hours.at(now()):
        opens = flow.hours.opens_after(now())
        when = (
            f"call from {opens:%Y-%m-%d %H:%M} ({flow.hours.zone}) on"
            if opens
            else "it never opens"
        )
        raise LineClosed(f"The line {flow.number} is closed by its hours; {when}.")
    if under_way >= most:
        raise TooManyCalls(
            f"{flow.number} has {under_way} calls under way that it placed, and may have {most}; "
            "wait until one has ended, or have Microsoft raise the limit of the number."
        )
    if shortage:
        raise NoCapacity(_NO_CAPACITY[shortage])
    if not breaker.lets_through():
        raise SpeechDown("Voice Live cannot be reached; try again in 15 seconds.")
