"""A call is one trace: what took how long, and nothing of what was said or of who called."""

import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bridge import Callflow, StaticInterim, Trigger
from bridge.lab.voicelive import ScriptBrain, Thought, ToolCall
from bridge.service.flows import Flows
from bridge.service.settings import SettingsError
from bridge.trial import Trial, trial
from tests.service.collector import Collector, attributes, lasted_s

NUMBER, CALLER = "+18005550100", "+14255550123"
OF_THE_FLOW = InMemorySpanExporter()
"""What a call flow traces by itself."""


def line() -> Flows:
    flow = Callflow(
        number=NUMBER,
        greeting="Good morning.",
        interim=StaticInterim(
            texts=("One moment.",), triggers=(Trigger.TOOL,), latency_threshold_ms=500
        ),
    )
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OF_THE_FLOW))

    @flow.tool
    async def look_up() -> str:
        """Look it up."""
        with provider.get_tracer("shop").start_as_current_span("ask the warehouse"):
            await asyncio.sleep(4)
        return "It is on its way."

    @flow.tool
    async def stop() -> str:
        """Stop it."""
        raise ValueError(CALLER)

    return Flows({"line": flow})


BRAIN = [
    Thought(calls=(ToolCall("look_up", {}),)),
    Thought(calls=(ToolCall("stop", {}),)),
]


async def talk(scene: Trial) -> None:
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.hears("Good morning.")
    await phone.says("Where is order four two seven one?")
    await phone.hears("It is on its way.")
    await phone.says("Please stop it.")
    await phone.hears("stop failed")
    await phone.says("Never mind, then.")
    await phone.hangs_up()
    await scene.record()


async def test_a_call_is_one_trace_of_all_that_took_time(collector: Collector) -> None:
    async with trial(line(), brain=ScriptBrain(BRAIN), otel_traces_exporter=("otlp",)) as scene:
        await talk(scene)
        assert not collector.spans, "they are sent in batches"
    (call,) = collector.named("call line")
    assert {span.trace_id for span in collector.spans} == {call.trace_id}
    assert {span.parent_span_id for span in collector.spans if span is not call} == {call.span_id}
    about = attributes(call)
    assert about["gen_ai.operation.name"] == "invoke_agent"
    assert about["gen_ai.agent.name"] == "line"
    assert about["gen_ai.request.model"] == "gpt-4.1-mini"
    assert int(about["gen_ai.usage.input_tokens"]) > 0
    assert int(about["gen_ai.usage.output_tokens"]) > 0
    assert (about["interlude.end.by"], about["interlude.end.reason"]) == ("caller", "hung_up")
    assert {"answer", "connect", "turn", "wait"} <= {span.name for span in collector.spans}
    (tool,) = collector.named("execute_tool look_up")
    assert lasted_s(tool) == pytest.approx(4, abs=0.2)
    assert attributes(tool)["gen_ai.tool.name"] == "look_up"
    turn, *_ = collector.named("turn")
    assert lasted_s(turn) > lasted_s(tool)
    wait, *_ = collector.named("wait")
    assert 400 <= int(attributes(wait)["interlude.dead_air_ms"]) <= 1_500
    (failed,) = collector.named("execute_tool stop")
    assert (failed.status.code, failed.status.message) == (2, "failed")


async def test_what_a_tool_traces_by_itself_is_within_its_call(collector: Collector) -> None:
    OF_THE_FLOW.clear()
    async with trial(line(), brain=ScriptBrain(BRAIN), otel_traces_exporter=("otlp",)) as scene:
        await talk(scene)
    (call,) = collector.named("call line")
    (own,) = OF_THE_FLOW.get_finished_spans()
    assert own.parent
    assert own.parent.span_id == int.from_bytes(call.span_id, "big")
    assert own.parent.trace_id == int.from_bytes(call.trace_id, "big")


async def test_a_trace_knows_nobody_and_says_nothing(collector: Collector) -> None:
    async with trial(line(), brain=ScriptBrain(BRAIN), otel_traces_exporter=("otlp",)) as scene:
        await talk(scene)
    assert collector.bodies
    for secret in (CALLER, NUMBER, "order four", "stop failed", "One moment"):
        assert not any(secret.encode() in body for body in collector.bodies)


async def test_a_barge_in_is_an_event_of_the_call(collector: Collector) -> None:
    long = Thought(say="Well, let me tell you all about it, from the very beginning to the end.")
    async with trial(
        line(), brain=ScriptBrain([long, Thought(say="Yes?")]), otel_traces_exporter=("otlp",)
    ) as scene:
        phone = await scene.acs.dial(NUMBER, caller=CALLER)
        await phone.hears("Good morning.")
        await phone.says("What can you do?")
        await phone.waits(2)
        await phone.says("Stop, please.")
        await phone.hears("Yes?")
        await phone.hangs_up()
        record = await scene.record()
    (call,) = collector.named("call line")
    assert [event.name for event in call.events] == ["barge-in"] * record.barge_ins
    assert record.barge_ins == 1


async def test_without_exporters_nobody_traces() -> None:
    OF_THE_FLOW.clear()
    async with trial(line(), brain=ScriptBrain(BRAIN)) as scene:
        await talk(scene)
    (own,) = OF_THE_FLOW.get_finished_spans()
    assert own.parent is None
    assert not trace.get_current_span().is_recording()


async def test_a_collector_that_is_not_there_costs_no_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    async with trial(line(), brain=ScriptBrain(BRAIN), otel_traces_exporter=("otlp",)) as scene:
        await talk(scene)


async def test_figures_are_sent_too(collector: Collector) -> None:
    async with trial(line(), brain=ScriptBrain(BRAIN), otel_metrics_exporter=("otlp",)) as scene:
        await talk(scene)
    ended = collector.metrics["interlude.calls.ended"]
    assert [point.as_int for point in ended.sum.data_points] == [1]
    assert "interlude.process.core" in collector.metrics


async def test_an_exporter_that_is_not_there_is_named_with_what_is() -> None:
    remedy = (
        "OTEL_TRACES_EXPORTER=zipkin: there is no such exporter here; use one of .*console, otlp,"
    )
    with pytest.raises(SettingsError, match=remedy):
        async with trial(line(), otel_traces_exporter=("zipkin",)):
            pass
