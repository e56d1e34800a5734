"""Figures over all calls, in the text format of Prometheus.

Labels are words from closed lists: flows, tools, enums. None is a number, or was said by anyone.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

from bridge.call.record import UNKNOWN, Record, ToolUse, Wait, WaitEnd
from bridge.flow.call import Call
from bridge.service.capacity import Capacity
from bridge.service.capacity_figures import CapacityFigures
from bridge.service.numbers.figures import NumbersFigures
from bridge.service.numbers.lines import Lines

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_WAITS_S = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60)
"""Bounds for what a caller waits through: silence is noticed after half a second."""

_LOOKS_S = 5

_CALLS_S = (5, 10, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600)


_COUNTED = {
    "barge_ins": ("barge_ins", "Times that a caller interrupted the agent."),
    "stalls": ("stalls", "Times that Voice Live left a response hanging."),
    "silent_answers": (
        "silent_answers",
        "Items of the agent that claimed to be speech and held none.",
    ),
    "underruns": (
        "underruns",
        "Times that a caller heard a gap because this process was held up.",
    ),
    "frames_dropped": (
        "caller.frames.dropped",
        "Frames of callers that Voice Live was too slow to take.",
    ),
    "frames_coalesced": (
        "caller.frames.coalesced",
        "Frames of callers that shared a message with the frame before, as Voice Live was slow.",
    ),
}
"""Fields of a call's record that are summed up by flow: their names here, and what they say."""


class Metrics:
    """The figures of one application. Nothing of them is global: two in one process are apart."""

    def __init__(
        self,
        lines: Lines,
        in_progress: Callable[[], Iterable[Call]],
        lead_ms: Callable[[], float],
        is_breaker_open: Callable[[], bool] | None = None,
        capacity: Capacity | None = None,
        exporters: Sequence[MetricExporter] = (),
    ) -> None:
        """Make the figures; threads ask for what the others tell.

        Args:
            lines: whose calls these are.
            in_progress: names the calls of this moment.
            lead_ms: tells how far ahead audio leaves.
            is_breaker_open: tells whether Voice Live is taken to be down; without, nothing does.
            capacity: how much there is of it; without, nothing tells.
            exporters: send the figures, too, once a minute, from `sending` on.
        """
        self._lines = lines
        self._in_progress = in_progress
        self._registry = CollectorRegistry()
        self._exporters = exporters
        self._provider = MeterProvider(
            [
                PrometheusMetricReader(scope_info_enabled=False, registry=self._registry),
                *map(PeriodicExportingMetricReader, exporters),
            ],
            Resource.create({"service.name": "interlude"}),
            shutdown_on_exit=False,
        )
        meter = self._provider.get_meter("interlude")
        self._calls = _Calls(meter)
        self._waits = _Waits(meter)
        self._refused = meter.create_counter(
            "interlude.doors.refused",
            description="Requests without proof of who makes them, by door and by what is amiss.",
        )
        self._tool_took = _seconds(meter, "interlude.tool.duration", "From call to result.")
        meter.create_observable_up_down_counter(
            "interlude.calls.in_progress", [self._observe], description="Calls not yet ended."
        )
        meter.create_observable_gauge(
            "interlude.playout.lead",
            [lambda _: [Observation(lead_ms() / 1000)]],
            "s",
            "How far ahead of callers' ears audio leaves; it grows while the process is held up.",
        )
        if is_breaker_open:
            meter.create_observable_gauge(
                "interlude.breaker.open",
                [lambda _: [Observation(int(is_breaker_open()))]],
                description="1 while attempts to connect with Voice Live fail, else 0.",
            )
        self._held_up = _seconds(
            meter,
            "interlude.loop.held_up",
            "How long the event loop, and with it the sound of all calls, was held up.",
        )
        self._capacity = capacity and CapacityFigures(meter, capacity)
        self._versions = NumbersFigures(meter, lines)
        self._reading = asyncio.Lock()
        for name in lines.current.by_name:
            self._calls.introduce(name)

    def count(self, call: Call, record: Record) -> None:
        """Take in a call that has ended."""
        name = self._flow(call)
        self._calls.count(name, record)
        self._versions.count(record)
        for wait in record.waits:
            self._waits.count(name, wait)
        for use in record.tools:
            self._count_tool(name, use)

    def count_refusal(self, door: str, why: str) -> None:
        """Take in a request that was refused, or let in under `INTERLUDE_AUTH=log`."""
        self._refused.add(1, {"door": door, "why": why})

    def count_hold_up(self, took_s: float) -> None:
        """Take in that the event loop was held up, from any thread."""
        self._held_up.record(took_s)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """See, where figures are sent, that they are fresh; leaving sends the last."""
        if not self._exporters:
            yield
            return
        looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait({looking})
            await asyncio.to_thread(self._provider.shutdown)

    async def _keep_looking(self) -> None:
        while self._capacity:
            self._capacity.look()
            await asyncio.sleep(_LOOKS_S)

    async def text(self) -> bytes:
        """All figures, as Prometheus reads them.

        Made in a thread: with 20 flows it took 75 ms, and audio is sent 100 ms ahead. One at a
        time, since what the reader has collected goes to whoever asks next.
        """
        async with self._reading:
            if self._capacity:
                self._capacity.look()
            return await asyncio.to_thread(generate_latest, self._registry)

    def _flow(self, call: Call) -> str:
        return self._lines.current.name_at(call.dialled) or UNKNOWN

    def _observe(self, _: CallbackOptions) -> Iterator[Observation]:
        calls = Counter(self._flow(call) for call in self._in_progress())
        for name in {*self._lines.current.by_name, *calls}:
            yield Observation(calls[name], {"flow": name})

    def _count_tool(self, flow: str, use: ToolUse) -> None:
        labels = {"flow": flow, "tool": use.name, "outcome": use.outcome}
        self._tool_took.record(use.took_ms / 1000, labels)


class _Calls:
    """Figures of whole calls."""

    def __init__(self, meter: Meter) -> None:
        self._ended = meter.create_counter(
            "interlude.calls.ended", description="Calls, answered or not, by who ended them."
        )
        self._lasted = _seconds(
            meter, "interlude.call.duration", "From the opening of the media to the end.", _CALLS_S
        )
        self._ready = _seconds(
            meter,
            "interlude.voice.setup.duration",
            "From the opening of the media until the Voice Live session was set up.",
        )
        self._answered = _seconds(
            meter,
            "interlude.answer.delay",
            "From the end of the caller's words, as Voice Live noticed it, to the answer's first "
            "sound; tools and lines between are within.",
        )
        self._counters = {
            field: meter.create_counter(f"interlude.{name}", description=description)
            for field, (name, description) in _COUNTED.items()
        }

    def introduce(self, flow: str) -> None:
        """Begin at 0, so that the first event of a flow is seen as a rise."""
        for counter in self._counters.values():
            counter.add(0, {"flow": flow})

    def count(self, flow: str, record: Record) -> None:
        labels = {"flow": flow}
        if record.end:
            self._ended.add(1, labels | {"by": record.end.by, "reason": record.end.reason})
        if record.lasted_ms:  # else it never had media
            self._lasted.record(record.lasted_ms / 1000, labels)
        if record.voice_ready_ms is not None:
            self._ready.record(record.voice_ready_ms / 1000, labels)
        for turn in record.turns:
            self._answered.record(turn.heard_ms / 1000, labels)
        for field, counter in self._counters.items():
            counter.add(getattr(record, field), labels)


class _Waits:
    """Figures of waits that were to be covered."""

    def __init__(self, meter: Meter) -> None:
        self._ended = meter.create_counter(
            "interlude.waits.ended", description="Waits, by how they ended."
        )
        self._wasted = meter.create_counter(
            "interlude.waits.wasted",
            description="Waits whose answer came within 300 ms of the beginning of a line.",
        )
        self._lines = meter.create_counter(
            "interlude.wait.lines", description="Lines that were begun while callers waited."
        )
        self._lasted = _seconds(meter, "interlude.wait.duration", "How long a wait lasted.")
        self._dead_air = _seconds(
            meter,
            "interlude.wait.dead_air",
            "Silence until the first sound; the whole wait where there was none.",
        )
        self._covered = _seconds(
            meter, "interlude.wait.covered", "Sound that the caller heard in a wait."
        )
        self._delayed = _seconds(
            meter,
            "interlude.wait.answer_delay",
            "How long an answer, once there, waited for a line to end; answered waits only.",
        )

    def count(self, flow: str, wait: Wait) -> None:
        labels = {"flow": flow, "trigger": wait.trigger, "by": wait.by}
        self._ended.add(1, labels | {"end": wait.end})
        self._wasted.add(int(wait.wasted), labels)
        self._lines.add(wait.lines, labels)
        self._lasted.record(wait.lasted_ms / 1000, labels)
        self._dead_air.record(wait.dead_air_ms / 1000, labels)
        self._covered.record(wait.covered_ms / 1000, labels)
        if wait.end is WaitEnd.ANSWERED:
            self._delayed.record(wait.delayed_ms / 1000, labels)


def _seconds(
    meter: Meter, name: str, description: str, bounds_s: tuple[float, ...] = _WAITS_S
) -> Histogram:
    return meter.create_histogram(
        name, "s", description, explicit_bucket_boundaries_advisory=bounds_s
    )
