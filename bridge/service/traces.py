"""One trace for each call: what took how long, by OpenTelemetry's conventions, and not a word.

The span of the call is there while it lasts, so that what a tool of a call flow traces by itself is
within it. All others are made from the call's timeline, when it has ended. What begins with
`gen_ai.` is named as in the semantic conventions for generative AI, which are in development.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context, use_span

from bridge.audio.pcm import FRAME_MS
from bridge.call.common import OneCall
from bridge.call.timeline import Kind
from bridge.service.floor.moments import Moment, moments
from bridge.service.model_figures import PROVIDER
from bridge.service.register import Answered

_NAMES = {
    Kind.WAIT: "wait",
    Kind.DIGITS: "ask for digits",
    Kind.HOLD: "consult",
    Kind.TRANSFER: "transfer",
    Kind.HANG_UP: "goodbye",
}
"""What of a timeline has a span of its own, beside tools."""
_HEARD = (Kind.AGENT, Kind.LINE, Kind.INTERIM)
_ERRORS = ("failed", "timed_out")

Attributes = Mapping[str, str | int]


@dataclass(frozen=True)
class _Part:
    """A span within the call's; times are in ms from the opening of the media."""

    name: str
    from_ms: float
    to_ms: float
    attributes: Attributes = field(default_factory=dict)
    problem: str = ""


class Traces:
    """Has traces sent by a thread of OpenTelemetry's; without exporters, makes none."""

    def __init__(self, exporters: Sequence[SpanExporter]) -> None:
        self._provider: TracerProvider | None = None
        if exporters:
            resource = Resource.create({"service.name": "interlude"})
            self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            for exporter in exporters:
                self._provider.add_span_processor(BatchSpanProcessor(exporter))

    @contextmanager
    def of_call(self, answered: Answered) -> Iterator[None]:
        """Trace a call while it has its media."""
        if self._provider is None:
            yield
            return
        tracer = self._provider.get_tracer("interlude")
        span = tracer.start_span(
            f"call {answered.flow_name}",
            kind=SpanKind.SERVER,
            attributes=_of_call(answered),
            start_time=_wall_ns(answered.began_s),
        )
        # What an exception says may be anybody's words.
        quiet = {"record_exception": False, "set_status_on_exception": False}
        with use_span(span, end_on_exit=True, **quiet):
            yield
            if span.is_recording() and answered.one:
                _tell(tracer, span, answered, answered.one)

    async def close(self) -> None:
        """Send what is left, as far as that can be."""
        if self._provider:
            await asyncio.to_thread(self._provider.shutdown)


def _of_call(answered: Answered) -> Attributes:
    call, flow = answered.call, answered.answer.flow
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.agent.name": answered.flow_name,
        "gen_ai.conversation.id": call.id,
        **({"gen_ai.request.model": flow.model} if flow.model else {}),
        "interlude.correlation_id": call.correlation_id,
        "interlude.version": answered.version.number,
    }


def _tell(tracer: Tracer, span: Span, answered: Answered, one: OneCall) -> None:
    """Add what has happened in a call to its span."""
    opened_ns = _wall_ns(one.timeline.began_s)
    happened = list(moments(one, asyncio.get_running_loop().time()))
    record = one.record
    if record.end:
        span.set_attributes(
            {"interlude.end.by": record.end.by, "interlude.end.reason": record.end.reason}
        )
    tokens = record.tokens
    span.set_attributes(
        {
            "gen_ai.usage.input_tokens": tokens.text_in + tokens.audio_in,
            "gen_ai.usage.output_tokens": tokens.text_out + tokens.audio_out,
        }
    )
    for at_ms in _interruptions(happened):
        span.add_event("barge-in", timestamp=opened_ns + _ns(at_ms))
    answer_ms = (answered.began_s - one.timeline.began_s) * 1000
    parts = [_Part("answer", answer_ms, 0.0)]
    if record.voice_ready_ms is not None:
        parts.append(_Part("connect", 0.0, record.voice_ready_ms))
    for part in (*parts, *_turns(happened), *_parts(happened)):
        child = tracer.start_span(
            part.name,
            set_span_in_context(span),
            SpanKind.INTERNAL,
            part.attributes,
            start_time=opened_ns + _ns(part.from_ms),
        )
        if part.problem:
            child.set_status(StatusCode.ERROR, part.problem)
        child.end(opened_ns + _ns(part.to_ms))


def _parts(happened: Sequence[Moment]) -> Iterator[_Part]:
    """What has a beginning and an end."""
    for moment in happened:
        ends_ms = happened[-1].from_ms if moment.to_ms is None else moment.to_ms
        told: dict[str, str | int] = {}
        if moment.outcome:
            told["interlude.outcome"] = moment.outcome
        if moment.dead_air_ms is not None:
            told["interlude.dead_air_ms"] = moment.dead_air_ms
        if moment.kind == Kind.TOOL:
            told |= {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": moment.name}
            problem = moment.outcome if moment.outcome in _ERRORS else ""
            yield _Part(f"execute_tool {moment.name}", moment.from_ms, ends_ms, told, problem)
        elif name := _NAMES.get(Kind(moment.kind)):
            yield _Part(name, moment.from_ms, ends_ms, told)


def _turns(happened: Sequence[Moment]) -> Iterator[_Part]:
    """From where the caller stopped to the first sound of the answer that they got."""
    stopped_ms: int | None = None
    for moment in happened:
        if moment.kind == Kind.CALLER:
            stopped_ms = moment.to_ms
        elif moment.kind == Kind.AGENT and stopped_ms is not None:
            yield _Part("turn", stopped_ms, max(stopped_ms, moment.from_ms))
            stopped_ms = None


def _interruptions(happened: Sequence[Moment]) -> Iterator[int]:
    """When the caller began to speak while they heard something, and silenced it by that."""
    heard_to_ms = 0
    for moment in happened:
        if moment.kind in _HEARD:
            heard_to_ms = max(heard_to_ms, moment.to_ms or 0)
        elif moment.kind == Kind.CALLER and moment.from_ms <= heard_to_ms + FRAME_MS:
            yield moment.from_ms


def _ns(ms: float) -> int:
    return round(ms * 1e6)


def _wall_ns(loop_s: float) -> int:
    """What time it was at a time of the loop, in ns since 1970."""
    return time.time_ns() - _ns((asyncio.get_running_loop().time() - loop_s) * 1000)
