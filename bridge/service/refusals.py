"""Who was not let in lately: for operators to see that somebody knocks at a door."""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.service.bearer import Why
from bridge.service.guards import Door

REMEMBERED = 50


@dataclass(frozen=True)
class Refusal:
    """Somebody was not let in, or would not have been, with `INTERLUDE_AUTH=log`."""

    at: datetime
    door: Door
    why: Why


class Refusals:
    """The latest of this process, and how many there were by door and by what was amiss."""

    def __init__(self) -> None:
        self.latest: deque[Refusal] = deque(maxlen=REMEMBERED)
        """The last one first."""
        self.counts: Counter[tuple[Door, Why]] = Counter()

    def note(self, door: Door, why: Why) -> None:
        """Somebody is refused now."""
        self.latest.appendleft(Refusal(datetime.now(UTC), door, why))
        self.counts[door, why] += 1
