"""Whether one more call fits: decided before it is answered, by what this process can see."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from structlog import get_logger

from bridge.call.pace import Pace
from bridge.flow.callflow import Callflow
from bridge.service.load import Load

log = get_logger(__name__)

QUEUE_S = 3.0
"""A call is let in that will wait no longer for its first session: the greeting covers it."""

_SPARE = 1 / 4
"""Of the calls that are served, so many more may be answered only to be told something."""


class Shortage(StrEnum):
    """What there is not enough of for one more call."""

    FULL = "full"
    """As many calls are in progress as the process may have."""
    BUSY_PROCESS = "busy process"
    """The core is used up, or the event loop late."""
    QUOTA = "quota"
    """The line has as many calls as its flow allows."""
    SESSIONS = "sessions"
    """Voice Live allows no new session soon enough."""


@dataclass(frozen=True, kw_only=True)
class CapacityLimits:
    """What an operator may set, for this process.

    Raises:
        ValueError: a number that means nothing; the message is a sentence.
    """

    most_calls: int = 80
    """Calls that are served at a time. Three quarters of the 108 that a core of a shared two-core
    machine carried with both directions resampled, the dearest kind (`interlude bench most`)."""
    sessions_a_minute: int = 30
    """New sessions with Voice Live; 0 for any number. Microsoft's quota page allows a resource 30
    new connections a minute: replicas without Redis must share them out."""

    def __post_init__(self) -> None:
        if self.most_calls < 1:
            raise ValueError("most_calls is 1 or more: to take no calls, stop the process.")
        if self.sessions_a_minute < 0:
            raise ValueError("sessions_a_minute is 1 or more, or 0 for any number.")


class Capacity:
    """The limits, the pace of sessions and the load of one process."""

    def __init__(self, limits: CapacityLimits) -> None:
        self._limits = limits
        self.pace = Pace(limits.sessions_a_minute)
        self.load = Load()
        self.turned_away: Counter[Shortage] = Counter()
        """Calls that came and were not served, by why."""

    @property
    def limits(self) -> CapacityLimits:
        """What holds for the next call; calls in progress go on, however many they are."""
        return self._limits

    @limits.setter
    def limits(self, limits: CapacityLimits) -> None:
        self._limits = limits
        self.pace.a_minute = limits.sessions_a_minute
        log.info(
            "capacity.set",
            most_calls=limits.most_calls,
            sessions_a_minute=limits.sessions_a_minute,
        )

    def shortage(
        self, flow: Callflow, served: Sequence[Callflow], in_progress: int
    ) -> Shortage | None:
        """What is missing to serve one more call of `flow`, or None.

        Args:
            flow: whose call it is.
            served: whose calls are served now, one for each call.
            in_progress: these, and all that were answered only to be told something.
        """
        if len(served) >= self._limits.most_calls or not self.can_tell(in_progress):
            return Shortage.FULL
        if self.load.is_high:
            return Shortage.BUSY_PROCESS
        own, quota = sum(other.number == flow.number for other in served), flow.limits.most_calls
        if quota is not None and own >= quota:
            return Shortage.QUOTA
        return Shortage.SESSIONS if self.pace.wait_s() > QUEUE_S else None

    def can_tell(self, in_progress: int) -> bool:
        """Whether one more call may be answered only to be told something, beside so many."""
        most = self._limits.most_calls
        return in_progress < most + ceil(most * _SPARE)

    def count_turned_away(self, why: str) -> None:
        """Take note of a call that is not served, if that is for want of capacity."""
        if isinstance(why, Shortage):
            self.turned_away[why] += 1
