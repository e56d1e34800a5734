"""Figures of models by OpenTelemetry's conventions: sent over OTLP, and on `/metrics`."""

from typing import Any

from bridge import Callflow
from bridge.call.record import Generation, Record
from bridge.service.flows import Flows
from bridge.service.metrics import Metrics
from bridge.service.numbers.lines import Lines
from bridge.trial import trial
from tests.service.collector import Collector, attributes
from tests.service.test_metrics import CALL, NUMBER, Figures
from tests.service.test_metrics_of_calls import GREETING

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "microsoft.foundry",
    "gen_ai.request.model": "gpt-4.1-mini",
}
INPUT, OUTPUT = {"gen_ai.token.type": "input"}, {"gen_ai.token.type": "output"}
TOOK = "gen_ai.client.operation.duration"
FIRST = "gen_ai.client.operation.time_to_first_chunk"
USED = "gen_ai.client.token.usage"


def flows() -> Flows:
    flow = Callflow(number=NUMBER, greeting=GREETING, model=CHAT["gen_ai.request.model"])
    return Flows({"line": flow})


def point(collector: Collector, name: str, labels: dict[str, str]) -> Any:
    """That of a histogram with these attributes and no other."""
    points = collector.metrics[name].histogram.data_points
    (found,) = [each for each in points if attributes(each) == labels]
    return found


async def test_what_a_call_asks_of_its_model_is_sent_as_the_conventions_have_it(
    collector: Collector,
) -> None:
    async with trial(flows(), otel_metrics_exporter=("otlp",)) as scene:
        phone = await scene.acs.dial(NUMBER)
        await phone.hears(GREETING)
        await phone.says("Can you help me?")
        await phone.hears("I am a stand-in")
        await phone.hangs_up()
        (made,) = (await scene.record()).generations  # the greeting asks nothing of it
    assert made.first_ms
    assert 0 < made.first_ms < made.took_ms
    took, first = point(collector, TOOK, CHAT), point(collector, FIRST, CHAT)
    assert (took.count, took.sum) == (1, made.took_ms / 1000)
    assert (first.count, first.sum) == (1, made.first_ms / 1000)
    assert list(took.explicit_bounds) == list(first.explicit_bounds)
    assert list(took.explicit_bounds) == [0.01 * 2**power for power in range(14)]
    for kind, count in ((INPUT, made.tokens_in), (OUTPUT, made.tokens_out)):
        used = point(collector, USED, CHAT | kind)
        assert (used.count, used.sum) == (1, count)
        assert (used.explicit_bounds[0], used.explicit_bounds[-1]) == (1, 67_108_864)
    units = {name: collector.metrics[name].unit for name in (TOOK, FIRST, USED)}
    assert units == {TOOK: "s", FIRST: "s", USED: "{token}"}


async def seen_of(*generations: Generation, model: str = CHAT["gen_ai.request.model"]) -> Figures:
    """What `/metrics` has after a call with these."""
    metrics = Metrics(Lines(flows()), list, lambda: 0.0)
    metrics.count(CALL, Record(generations=[*generations], model=model))
    return Figures((await metrics.text()).decode())


def said(seen: Figures, name: str, labels: dict[str, str]) -> float | None:
    labels = {label.replace(".", "_"): word for label, word in labels.items()}
    return seen.named(name, **labels)


async def test_the_same_names_are_on_the_page_for_prometheus() -> None:
    seen = await seen_of(
        Generation(1_250, 500, "completed", 100, 25), Generation(750, None, "completed", 50, 5)
    )
    assert said(seen, "gen_ai_client_operation_duration_seconds_sum", CHAT) == 2
    assert said(seen, "gen_ai_client_operation_time_to_first_chunk_seconds_sum", CHAT) == 0.5
    assert said(seen, "gen_ai_client_operation_time_to_first_chunk_seconds_count", CHAT) == 1
    assert said(seen, "gen_ai_client_token_usage_sum", CHAT | INPUT) == 150
    assert said(seen, "gen_ai_client_token_usage_sum", CHAT | OUTPUT) == 30


async def test_what_did_not_come_to_its_end_says_how_and_nothing_that_the_service_made_up() -> None:
    ends = ("cancelled", "failed", "incomplete", "timeout", "+14255550123")
    seen = await seen_of(*(Generation(1_000, None, end, 0, 0) for end in ends))
    for error in (*ends[:-1], "_OTHER"):
        labels = CHAT | {"error.type": error}
        assert said(seen, "gen_ai_client_operation_duration_seconds_count", labels) == 1
    assert "+14255550123" not in seen.words
    assert "gen_ai_client_token_usage_count" not in seen.names, "nothing was said of tokens"


async def test_what_an_agent_is_asked_names_no_model() -> None:
    seen = await seen_of(Generation(1_000, 500, "completed", 0, 0), model="")
    labels = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "microsoft.foundry",
    }
    assert said(seen, "gen_ai_client_operation_duration_seconds_count", labels) == 1
