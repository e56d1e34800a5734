"""Figures over all calls, in the text format of Prometheus.

Labels are words from closed lists: flows, tools, enums. None is a number, or was said by anyone.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)

from bridge.call.record import UNKNOWN, Record, ToolUse
from bridge.flow.call import Call
from bridge.service.call_figures import CallFigures, WaitFigures, seconds
from bridge.service.capacity import Capacity
from bridge.service.capacity_figures import CapacityFigures
from bridge.service.model_figures import ModelFigures
from bridge.service.numbers.figures import NumbersFigures
from bridge.service.numbers.lines import Lines

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_LOOKS_S = 5


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
        *,
        is_redis_up: Callable[[], bool] | None = None,
    ) -> None:
        """Make the figures; threads ask for what the others tell.

        Args:
            lines: whose calls these are.
            in_progress: names the calls of this moment.
            lead_ms: tells how far ahead audio leaves.
            is_breaker_open: tells whether Voice Live is taken to be down; without, nothing does.
            capacity: how much there is of it; without, nothing tells.
            exporters: send the figures, too, once a minute, from `sending` on.
            is_redis_up: tells whether Redis answers; without, nothing does.
        """
        self._lines = lines
        self._in_progress = in_progress
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # memory, CPU and descriptors; on Linux only
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
        self._calls = CallFigures(meter)
        self._waits = WaitFigures(meter)
        self._models = ModelFigures(meter)
        self._refused = meter.create_counter(
            "interlude.doors.refused",
            description="Requests without proof of who makes them, by door and by what is amiss.",
        )
        self._tool_took = seconds(meter, "interlude.tool.duration", "From call to result.")
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
        self._held_up = seconds(
            meter,
            "interlude.loop.held_up",
            "How long the event loop, and with it the sound of all calls, was held up.",
        )
        if is_redis_up:
            meter.create_observable_gauge(
                "interlude.redis.up",
                [lambda _: [Observation(int(is_redis_up()))]],
                description="1 while Redis answers, else 0: this process decides by itself.",
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
        self._models.count(record)
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
