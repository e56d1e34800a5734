"""What Prometheus reads: every call counted once, by words from closed lists, apart per app."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from pytest_aiohttp import AiohttpClient

from bridge import Call, Callflow, Trigger
from bridge.call.ends import By, CallEnd, Reason, Then
from bridge.call.record import Record, ToolUse, Wait, WaitEnd
from bridge.service.app import build_app
from bridge.service.capacity import CapacityLimits, Shortage
from bridge.service.flows import Flows
from bridge.service.load import TICK_S, TICKS
from bridge.service.metrics import Metrics
from bridge.service.numbers.lines import Lines
from bridge.service.parts import CAPACITY, METRICS
from bridge.service.settings import load_settings

NUMBER, CALLER, STRANGE = "+18005550100", "+14255550123", "+18005550199"
CALL = Call("0123456789abcdef", CALLER, NUMBER, "c0ffee")
HUNG_UP = CallEnd(By.CALLER, Reason.HUNG_UP, Then.NOTHING)

Client = TestClient[web.Request, web.Application]
Line = Callable[[], Awaitable[Client]]


class Figures:
    """What `/metrics` said, sample by sample."""

    def __init__(self, text: str) -> None:
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        self.names = {sample.name for sample in samples}
        self.words = {word for sample in samples for word in sample.labels.values()}
        self._values = {(s.name, frozenset(s.labels.items())): s.value for s in samples}
        assert len(self._values) == len(samples), "a sample was said twice"

    def of(self, name: str, **labels: str) -> float | None:
        return self.named(f"interlude_{name}", **labels)

    def named(self, name: str, **labels: str) -> float | None:
        return self._values.get((name, frozenset(labels.items())))


@pytest.fixture
def line(aiohttp_client: AiohttpClient, tmp_path: Path) -> Line:
    """Start an application with one flow, and a client to look into it."""

    async def start() -> Client:
        flow = Callflow(number=NUMBER)

        @flow.tool
        async def find_order() -> str:
            """Look up an order."""
            return ""

        settings = load_settings(
            interlude_public_url="http://127.0.0.1:8080",
            interlude_host="127.0.0.1",
            interlude_auth="off",
            interlude_prompts=tmp_path,
            acs_connection_string=None,
            acs_endpoint="http://127.0.0.1:9",
            acs_access_key="c2VjcmV0LWtleQ==",
            voicelive_endpoint="http://127.0.0.1:9",
            voicelive_api_key="k",
        )
        return await aiohttp_client(build_app(settings, Flows({"line": flow})))

    return start


async def look(client: Client) -> Figures:
    async with client.get("/metrics") as response:
        return Figures(await response.text())


def wait(end: WaitEnd, *, lasted_ms: int = 4_000, delayed_ms: int = 0) -> Wait:
    return Wait(
        trigger=Trigger.TOOL,
        by="bridge",
        end=end,
        lasted_ms=lasted_ms,
        dead_air_ms=600,
        covered_ms=1_500,
        lines=2,
        delayed_ms=delayed_ms,
        wasted=end is WaitEnd.ANSWERED,
    )


async def test_metrics_are_served_as_prometheus_wants_them(line: Line) -> None:
    async with (await line()).get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_calls_are_counted_by_flow_and_by_who_ended_them_and_why(line: Line) -> None:
    client = await line()
    count = client.app[METRICS].count
    count(CALL, Record(end=HUNG_UP, lasted_ms=90_000, voice_ready_ms=700, barge_ins=2))
    silent = Record(end=HUNG_UP, lasted_ms=20_000, voice_ready_ms=900, stalls=1, silent_answers=2)
    count(CALL, silent)
    lost = CallEnd(By.VOICE, Reason.LOST, detail="1006")
    count(CALL, Record(end=lost, lasted_ms=1_000, frames_dropped=7, frames_coalesced=31))
    seen = await look(client)
    assert seen.of("calls_ended_total", flow="line", by="caller", reason="hung_up") == 2
    assert seen.of("calls_ended_total", flow="line", by="voice", reason="lost") == 1
    assert seen.of("call_duration_seconds_sum", flow="line") == 111
    assert seen.of("call_duration_seconds_bucket", flow="line", le="30") == 2
    assert seen.of("call_duration_seconds_bucket", flow="line", le="3600") == 3
    assert seen.of("voice_setup_duration_seconds_sum", flow="line") == pytest.approx(1.6)
    assert seen.of("voice_setup_duration_seconds_count", flow="line") == 2
    assert seen.of("barge_ins_total", flow="line") == 2
    assert seen.of("stalls_total", flow="line") == 1
    assert seen.of("silent_answers_total", flow="line") == 2
    assert seen.of("caller_frames_dropped_total", flow="line") == 7
    assert seen.of("caller_frames_coalesced_total", flow="line") == 31


async def test_a_call_that_was_never_heard_is_counted_and_has_no_duration(line: Line) -> None:
    client = await line()
    refused = CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, "8523")
    client.app[METRICS].count(CALL, Record(end=refused))
    seen = await look(client)
    assert seen.of("calls_ended_total", flow="line", by="carrier", reason="refused") == 1
    assert seen.of("call_duration_seconds_count", flow="line") is None
    assert seen.of("voice_setup_duration_seconds_count", flow="line") is None


async def test_waits_are_measured_as_callers_live_through_them(line: Line) -> None:
    client = await line()
    answered = wait(WaitEnd.ANSWERED, delayed_ms=200)
    given_up = wait(WaitEnd.GIVEN_UP, lasted_ms=25_000)
    client.app[METRICS].count(CALL, Record(waits=[answered, answered, given_up], end=HUNG_UP))
    seen = await look(client)
    labels = {"flow": "line", "trigger": "tool", "by": "bridge"}
    assert seen.of("waits_ended_total", **labels, end="answered") == 2
    assert seen.of("waits_ended_total", **labels, end="given_up") == 1
    assert seen.of("waits_wasted_total", **labels) == 2
    assert seen.of("wait_lines_total", **labels) == 6
    assert seen.of("wait_duration_seconds_sum", **labels) == 33
    assert seen.of("wait_duration_seconds_bucket", **labels, le="3") == 0
    assert seen.of("wait_duration_seconds_bucket", **labels, le="4") == 2
    assert seen.of("wait_duration_seconds_bucket", **labels, le="30") == 3
    assert seen.of("wait_dead_air_seconds_sum", **labels) == pytest.approx(1.8)
    assert seen.of("wait_dead_air_seconds_bucket", **labels, le="0.5") == 0
    assert seen.of("wait_dead_air_seconds_bucket", **labels, le="0.75") == 3
    assert seen.of("wait_covered_seconds_sum", **labels) == 4.5
    assert seen.of("wait_answer_delay_seconds_sum", **labels) == pytest.approx(0.4)
    assert seen.of("wait_answer_delay_seconds_count", **labels) == 2, "one had no answer to delay"


async def test_tools_are_measured_by_outcome(line: Line) -> None:
    client = await line()
    tools = [
        ToolUse("find_order", 1_250, "ok"),
        ToolUse("find_order", 8_000, "timed_out"),
        ToolUse("find_order", 750, "ok"),
    ]
    client.app[METRICS].count(CALL, Record(tools=tools, end=HUNG_UP))
    seen = await look(client)
    found = {"flow": "line", "tool": "find_order"}
    assert seen.of("tool_duration_seconds_sum", **found, outcome="ok") == 2
    assert seen.of("tool_duration_seconds_count", **found, outcome="ok") == 2
    assert seen.of("tool_duration_seconds_sum", **found, outcome="timed_out") == 8


async def test_no_label_is_a_number_or_was_said_by_anyone(line: Line) -> None:
    client = await line()
    end = CallEnd(By.CARRIER, Reason.DISCONNECTED, detail="code 500, subcode 10560")
    client.app[METRICS].count(CALL, Record(end=end))
    client.app[METRICS].count(Call("fedcba9876543210", CALLER, STRANGE, "cafe"), Record(end=end))
    seen = await look(client)
    for flow in ("line", "_unknown"):
        labels = {"flow": flow, "by": "carrier", "reason": "disconnected"}
        assert seen.of("calls_ended_total", **labels) == 1
    secrets = (CALLER, NUMBER, STRANGE, CALL.id, CALL.correlation_id, "10560")
    assert not [word for word in seen.words if any(secret in word for secret in secrets)]


async def test_the_lead_of_audio_is_shown(line: Line) -> None:
    assert (await look(await line())).of("playout_lead_seconds") == 0.1


@pytest.mark.parametrize("is_open", [True, False])
async def test_it_is_shown_whether_speech_is_taken_to_be_down(*, is_open: bool) -> None:
    flows = Flows({"line": Callflow(number=NUMBER)})
    text = await Metrics(Lines(flows), list, lambda: 0.0, lambda: is_open).text()
    assert Figures(text.decode()).of("breaker_open") == is_open


async def test_capacity_is_shown_as_it_is_when_somebody_looks(line: Line) -> None:
    client = await line()
    assert (await look(client)).of("capacity_free_sessions") == 24
    capacity = client.app[CAPACITY]
    capacity.limits = CapacityLimits(most_calls=7, sessions_a_minute=0)
    capacity.count_turned_away(Shortage.BUSY_PROCESS)
    for _ in range(TICKS):
        capacity.load.note(TICK_S + 0.004, 0.252)
    seen = await look(client)
    assert seen.of("capacity_calls") == 7
    assert seen.of("capacity_free_sessions") is None, "any number"
    assert seen.of("process_core") == pytest.approx(0.5)
    assert seen.of("process_lateness_seconds") == pytest.approx(0.004)
    turned_away = {why: seen.of("calls_turned_away_total", why=why) for why in Shortage}
    assert turned_away == {why: int(why == "busy process") for why in Shortage}


async def test_memory_and_processor_time_of_the_process_are_shown(line: Line) -> None:
    names = (await look(await line())).names
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= names


async def test_a_flow_that_had_no_call_yet_begins_at_zero(line: Line) -> None:
    seen = await look(await line())
    for name in ("calls_in_progress", "barge_ins_total", "stalls_total", "silent_answers_total"):
        assert seen.of(name, flow="line") == 0


async def test_two_applications_in_one_process_do_not_mix(line: Line) -> None:
    one, other = await line(), await line()
    one.app[METRICS].count(CALL, Record(end=HUNG_UP))
    assert "interlude_calls_ended_total" in (await look(one)).names
    assert "interlude_calls_ended_total" not in (await look(other)).names


async def test_two_who_look_at_once_are_served_one_after_the_other(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Barrier(2)

    def meet(_: CollectorRegistry) -> bytes:
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=0.1)
            return b"met 1\n"
        return b"alone 1\n"

    monkeypatch.setattr("bridge.service.metrics.generate_latest", meet)
    client = await line()
    seen = await asyncio.gather(look(client), look(client))
    assert [figures.names for figures in seen] == [{"alone"}, {"alone"}]
