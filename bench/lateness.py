"""What a load adds by itself, when it is held up."""

from bisect import bisect
from time import perf_counter

_LATE_S, _NEAR_S = 0.004, 0.015
"""A frame that leaves so late tells that what came so short before or after was seen late, too."""


class Lateness:
    """How long after their time the frames of callers leave: the load's own trouble."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._late_at: list[float] = []

    def note(self, late_s: float) -> None:
        """A frame leaves."""
        self.seconds.append(late_s)
        if late_s > _LATE_S:
            self._late_at.append(perf_counter())

    def is_near(self, moment_s: float) -> bool:
        """Whether the load was held up around a moment: what it saw then, it saw late."""
        after = bisect(self._late_at, moment_s - _NEAR_S)
        return after < len(self._late_at) and self._late_at[after] < moment_s + _NEAR_S

    def clear(self) -> None:
        """Forget figures, not moments."""
        self.seconds.clear()
