"""Capacity in `/metrics`: what there is, what is left, and who was turned away."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from math import inf, isfinite

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from bridge.service.capacity import Capacity, Shortage

_GAUGES = {
    "capacity.calls": ("", "Calls that may be served at a time."),
    "capacity.free_sessions": (
        "",
        "New calls that may have a session with Voice Live at once; absent where any number may.",
    ),
    "process.core": ("", "Share of a core that was used in the last five seconds."),
    "process.tasks": ("", "Tasks on the event loop: some thirty a call."),
    "process.lateness": (
        "s",
        "How late the event loop got to what was due in the last five seconds.",
    ),
}
"""Their units, and what they say."""


class CapacityFigures:
    """Gauges, as they were when somebody looked last, and a counter."""

    def __init__(self, meter: Meter, capacity: Capacity) -> None:
        self._capacity = capacity
        self._seen: Mapping[str, float] = {}
        for name, (unit, description) in _GAUGES.items():
            observe = partial(self._observe, name)
            meter.create_observable_gauge(f"interlude.{name}", [observe], unit, description)
        meter.create_observable_counter(
            "interlude.calls.turned_away",
            [self._turned_away],
            description="Calls that were not served for want of capacity, by what was missing.",
        )

    def look(self) -> None:
        """See how it is now; to be called where the event loop runs, before a thread asks."""
        capacity = self._capacity
        self._seen = {
            "capacity.calls": capacity.limits.most_calls,
            "capacity.free_sessions": capacity.pace.free(),
            "process.core": capacity.load.core,
            "process.lateness": capacity.load.late_s,
            "process.tasks": len(asyncio.all_tasks()),
        }

    def _observe(self, name: str, _: CallbackOptions) -> Iterator[Observation]:
        if isfinite(seen := self._seen.get(name, inf)):
            yield Observation(seen)

    def _turned_away(self, _: CallbackOptions) -> Iterator[Observation]:
        for why in Shortage:
            yield Observation(self._capacity.turned_away[why], {"why": why})
