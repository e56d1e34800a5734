"""How long waits have lasted, and from that, when a line is worth its while."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from statistics import fmean, median

STARTING_MS = 800
"""Threshold while little is known."""
EARLIEST_MS = 300
"""Nothing is said before; a pause so short belongs to talking."""
SOON_MS = 500
"""No line begins when the answer is expected within this."""

_ENOUGH = 5
_REMEMBERED = 50
_STEP_MS = 50

Key = tuple[str, str]
"""The line's number, and the tool that was waited for; empty where it was the model."""


class History:
    """The latest waits of all calls that are known of, by what was waited for."""

    def __init__(self) -> None:
        self._lasted_ms: dict[Key, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self.noted: Callable[[Key, float], None] = lambda _key, _ms: None
        """Told of each wait of this process."""

    def note(self, key: Key, lasted_ms: float) -> None:
        """A wait has ended with an answer, or was given up."""
        self.learn(key, lasted_ms)
        self.noted(key, lasted_ms)

    def learn(self, key: Key, lasted_ms: float) -> None:
        """The same of a wait in another process."""
        self._lasted_ms[key].append(lasted_ms)

    def threshold_ms(self, key: Key, line_ms: float) -> int:
        """When to begin a line that lasts `line_ms`."""
        return adaptive_threshold_ms(self.of(key), line_ms)

    def of(self, key: Key) -> tuple[float, ...]:
        """The latest waits, in ms, the oldest first."""
        return tuple(self._lasted_ms[key])


def adaptive_threshold_ms(lasted_ms: Sequence[float], line_ms: float) -> int:
    """The first moment at which a line likely covers more silence than it delays the answer.

    Of the waits known to have lasted longer than that moment, the median must have more than half a
    second to go, and the line must cover more of what is left than it outlasts it, on average. A
    wait longer than any before gets its line at once.
    """
    if len(lasted_ms) < _ENOUGH:
        return STARTING_MS
    at_ms = EARLIEST_MS
    while True:
        left_ms = [lasted - at_ms for lasted in lasted_ms if lasted > at_ms]
        if not left_ms:
            return at_ms
        covered_ms = fmean(min(left, line_ms) for left in left_ms)
        if median(left_ms) > SOON_MS and covered_ms > line_ms / 2:
            return at_ms
        at_ms += _STEP_MS


def outcome_ms(lasted_ms: float, threshold_ms: float, line_ms: float) -> tuple[float, float]:
    """What a caller gets: dead air before the first sound, and delay of the answer by the line."""
    if lasted_ms <= threshold_ms:
        return lasted_ms, 0.0
    return threshold_ms, max(0.0, threshold_ms + line_ms - lasted_ms)
