"""What a caller and an agent notice of the program between them."""

from time import perf_counter

from bench.ear import Ear
from bench.sound import FIRST_MARK, FRAME_S, LEVELS, SILENCE

STEADY = 10
"""Frames of a response after which arrivals are regular: any lead has been sent by then."""


class Tally:
    """One call, seen from both clouds. Times are in seconds, of this process's clock."""

    def __init__(self) -> None:
        self.ear = Ear()
        """What the caller hears and interrupts, in runs where callers do."""
        self.began_at = 0.0
        """When the first piece of the running response was sent."""
        self._sent_at = [0.0] * LEVELS
        self._next_up = 0
        self._next_down = 0
        self._last_at = 0.0
        self._heard_from = 0.0
        self.clear()

    def clear(self) -> None:
        """Forget figures, not the call."""
        self.ear.interruptions.clear()
        self.sent_up = self.heard_up = self.lost_up = 0
        self.heard_down = self.lost_down = self.underruns = 0
        self.up_s: list[float] = []
        """From a frame's sending to its arrival on the other side."""
        self.first_s: list[float] = []
        """From a response's first piece to the first frame of it."""
        self.jitter_s: list[float] = []
        """How far the time between two frames is from 20 ms."""
        self.lead_s: list[float] = []
        """How long before its turn a frame is there, if the carrier plays at once."""

    def sends_up(self, number: int) -> None:
        """The caller's frame `number` leaves."""
        self.sent_up += 1
        self._sent_at[number % LEVELS] = perf_counter()

    def hears_up(self, marks: list[int]) -> None:
        """Frames of the caller arrive."""
        now = perf_counter()
        for mark in marks:
            missing = (mark - self._next_up) % LEVELS
            self.lost_up += missing
            self._next_up = mark + 1
            self.heard_up += 1
            self.up_s.append(now - self._sent_at[mark % LEVELS])

    def hears_down(self, marks: list[int]) -> None:
        """Frames of the agent arrive; one of silence fills up the end of a response."""
        now = perf_counter()
        for number in (mark - FIRST_MARK for mark in marks if mark != SILENCE):
            self.heard_down += 1
            if number == 0:
                self.first_s.append(now - self.began_at)
                self._heard_from = now
            else:
                self.lost_down += abs(number - self._next_down)
                lead_s = self._heard_from + number * FRAME_S - now
                if lead_s < 0:
                    self.underruns += 1
                    self._heard_from -= lead_s
                if number >= STEADY:
                    self.lead_s.append(lead_s)
                    self.jitter_s.append(abs(now - self._last_at - FRAME_S))
            self._next_down = number + 1
            self._last_at = now
