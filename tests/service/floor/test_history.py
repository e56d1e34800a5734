"""What is kept of calls that have ended, and what is not."""

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge import Callflow, Trigger
from bridge.call.ends import By, CallEnd, Reason
from bridge.call.record import Record, ToolUse, Wait, WaitEnd
from bridge.flow.call import Call
from bridge.service.floor import history as history_room
from bridge.service.flows import Flows
from bridge.service.parts import FLIGHTS, HISTORY, LEDGER
from bridge.trial import Trial, trial
from tests.service.floor.conftest import Sits, Stage
from tests.service.floor.test_live import ANSWER, CALLER, GREETING, QUESTION, slow_line
from tests.service.test_ledger import daemons_end

NUMBER = "+18005550100"


def all_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def calls_once(scene: Trial) -> None:
    """A caller asks, waits, is answered and hangs up; and all of it is written."""
    phone = await scene.acs.dial(NUMBER, caller=CALLER)
    await phone.hears(GREETING)
    await phone.says(QUESTION)
    await phone.hears(ANSWER)
    await phone.hangs_up()
    await scene.record()
    await scene.app[HISTORY].settle()


async def test_of_a_finished_call_the_figures_are_kept_and_no_word(
    stage: Stage, desks: Sits, tmp_path: Path
) -> None:
    flow, found = slow_line(interim=True)
    found.set()
    scene = await stage(flow, prompts=True, interlude_state=tmp_path)
    reader, _ = desks(scene)
    await calls_once(scene)
    (call,) = (await reader.sees("/history"))["calls"]
    assert (call["flow"], call["caller"], call["by"], call["reason"]) == (
        *("line", "…42", "caller", "hung_up"),
    )
    assert call["figures"]["tools"][0]["name"] == "order_status"
    assert not call["has_flight"]
    assert await reader.sees(f"/history/{call['id']}") == {
        "call": call,
        "said": [],
        "timeline": [],
        "problem": "",
    }
    kept = await asyncio.to_thread(all_of, tmp_path)
    assert b"order_status" in kept
    for word in (QUESTION, ANSWER, "4271", CALLER):
        assert word.encode() not in kept


async def test_a_call_whose_flight_was_kept_shows_what_was_said_and_when(
    stage: Stage, desks: Sits, tmp_path: Path
) -> None:
    flow, found = slow_line()
    found.set()
    scene = await stage(flow, prompts=True, interlude_flights=tmp_path)
    reader, editor = desks(scene)
    await calls_once(scene)
    await scene.app[FLIGHTS].settle()
    (call,) = (await reader.sees("/history"))["calls"]
    past = await editor.sees(f"/history/{call['id']}")
    assert [line["text"] for line in past["said"]] == [GREETING, QUESTION, ANSWER]
    kinds = [moment["kind"] for moment in past["timeline"] if moment["kind"] != "voice"]
    assert kinds == ["agent", "caller", "tool", "agent"]
    assert all(moment["to_ms"] is not None for moment in past["timeline"])
    assert (await reader.sees(f"/history/{call['id']}"))["said"][1]["text"].endswith("…71?")
    (tmp_path / f"{call['id']}.call").write_bytes(b"spoilt")
    spoilt = await editor.sees(f"/history/{call['id']}")
    assert (spoilt["said"], spoilt["problem"]) == ([], "The flight of this call cannot be read.")


async def history(scene: Trial, *endings: tuple[str, CallEnd, Record]) -> None:
    """Calls of flows that have ended so, one after the other."""
    for at, (flow, end, record) in enumerate(endings):
        record.end, record.flow = end, flow
        call = Call(f"call-{at}", f"+1800555010{at}", NUMBER, "")
        scene.app[HISTORY].ended(call, record, None)
        await scene.app[HISTORY].settle()


def wait(lasted_ms: int, **more: Any) -> Wait:
    given: dict[str, Any] = {
        "trigger": Trigger.TOOL,
        "by": "bridge",
        "end": WaitEnd.ANSWERED,
        "dead_air_ms": 800,
        "covered_ms": 0,
        "lines": 0,
        "delayed_ms": 0,
        "wasted": False,
        "tools": ("order_status",),
    }
    return Wait(lasted_ms=lasted_ms, **given | more)


HUNG_UP = CallEnd(By.CALLER, Reason.HUNG_UP)
LOST = CallEnd(By.VOICE, Reason.LOST)


async def test_calls_are_found_by_what_is_known_of_them(stage: Stage, desks: Sits) -> None:
    scene = await stage(Callflow(number=NUMBER))
    reader, _ = desks(scene)
    used = Record(tools=[ToolUse("order_status", 100, "ok")], lasted_ms=60_000)
    await history(scene, ("a", HUNG_UP, Record()), ("a", LOST, used), ("b", LOST, Record()))

    async def found(query: str) -> list[str]:
        return [call["id"] for call in (await reader.sees(f"/history?{query}"))["calls"]]

    assert await found("") == ["call-2", "call-1", "call-0"]
    assert await found("limit=2") == ["call-2", "call-1"]
    assert await found("before=2") == ["call-0"]
    assert await found("flow=a") == ["call-1", "call-0"]
    assert await found("by=voice&reason=lost") == ["call-2", "call-1"]
    assert await found("tool=order_status") == ["call-1"]
    assert await found("text=call-1") == ["call-1"]
    assert await found("text=…02") == ["call-2"]
    assert await found("dead_air_ms=1") == []
    assert await found("until=2020-01-01T00:00:00Z") == []
    assert await found("until=0001-01-01T00:00:00%2B23:59") == []
    assert len(await found("until=9999-12-31T23:59:59-23:59")) == 3
    a_while_ago = (datetime.now(UTC) - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found(f"since={a_while_ago}") == ["call-2", "call-0"], "call-1 began before"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit: Input should be greater than or equal to 1."),
        ("limit=10&limit=20", "Each parameter may be given once."),
        ("since=yesterday", "since: Input should be a valid datetime"),
        ("since=2026-11-27T22:00:00", "since: Input should have timezone info."),
        ("before=99999999999999999999", "before: Input should be less than"),
        ("colour=red", "colour: Extra inputs are not permitted."),
    ],
)
async def test_what_cannot_be_searched_for_is_refused(
    stage: Stage, desks: Sits, query: str, sentence: str
) -> None:
    scene = await stage(Callflow(number=NUMBER))
    reader, _ = desks(scene)
    status, told = await reader.asks("GET", f"/history?{query}")
    assert status == 400
    assert told.startswith(sentence)


async def test_waits_are_told_by_flow_and_tool_for_whoever_changes_a_threshold(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(Callflow(number=NUMBER))
    reader, _ = desks(scene)
    waits = [wait(ms, lines=int(ms > 800)) for ms in range(100, 2_001, 100)]
    waits[8] = wait(900, lines=1, wasted=True)
    answer = wait(400, tools=(), dead_air_ms=400)
    await history(scene, ("a", HUNG_UP, Record(waits=[*waits, answer])))
    told = await reader.sees("/waits")
    assert told["bin_ms"] == 250
    looked_up, answered = told["waits"]
    assert looked_up == {
        "flow": "a",
        "tool": "order_status",
        "count": 20,
        "lasted_p50_ms": 1050,
        "lasted_p95_ms": 1905,
        "dead_air_p50_ms": 800,
        "dead_air_p95_ms": 800,
        "delayed_p95_ms": 0,
        "covered": 0.6,
        "wasted": 0.05,
        "lengths": [2, 3, 2, 3, 2, 3, 2, 3],
    }
    assert (answered["tool"], answered["count"], answered["lasted_p95_ms"]) == ("", 1, 400)
    assert [w["tool"] for w in (await reader.sees("/waits?tool=order_status"))["waits"]] == [
        "order_status"
    ]
    assert await reader.sees("/waits?until=2020-01-01T00:00:00Z") == {"waits": [], "bin_ms": 250}


async def test_the_oldest_calls_are_forgotten_and_their_waits_with_them(
    stage: Stage, desks: Sits, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await stage(Callflow(number=NUMBER))
    reader, _ = desks(scene)
    monkeypatch.setattr(history_room, "MOST_IN_MEMORY", 1)
    old, new = Record(waits=[wait(400)]), Record()
    await history(scene, ("old", HUNG_UP, old), ("new", HUNG_UP, new))
    assert [call["flow"] for call in (await reader.sees("/history"))["calls"]] == ["new"]
    assert (await reader.sees("/waits"))["waits"] == []


async def test_a_ledger_that_refuses_costs_the_row_and_a_line_in_the_log(
    stage: Stage, desks: Sits
) -> None:
    scene = await stage(Callflow(number=NUMBER))
    reader, _ = desks(scene)
    await scene.app[LEDGER].do(lambda database: database.execute("DROP TABLE waits"))
    with capture_logs() as lines:
        await history(scene, ("a", HUNG_UP, Record()), ("a", HUNG_UP, Record()))
    assert [line["call_id"] for line in lines if line["event"] == "call.not_kept"] == [
        "call-0",
        "call-1",
    ]
    assert (await reader.sees("/history"))["calls"] == []


async def test_what_was_being_said_when_the_caller_hung_up_ends_there(
    stage: Stage, desks: Sits, tmp_path: Path
) -> None:
    flow = Callflow(number=NUMBER, greeting=GREETING, silence=None)
    scene = await stage(flow, prompts=True, interlude_flights=tmp_path)
    _, editor = desks(scene)
    phone = await scene.acs.dial(NUMBER)
    await phone.answered()
    await phone.waits(1)
    await phone.hangs_up()
    record = await scene.record()
    await scene.app[FLIGHTS].settle()
    await scene.app[HISTORY].settle()
    (call,) = (await editor.sees("/history"))["calls"]
    past = await editor.sees(f"/history/{call['id']}")
    (greeting,) = [moment for moment in past["timeline"] if moment["kind"] == "agent"]
    assert 900 < greeting["to_ms"] <= record.lasted_ms


def test_a_disk_that_hangs_holds_the_end_of_the_process_up_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On real time, since the lab's clock stands still while a thread works."""
    never = threading.Event()

    def disk(database: sqlite3.Connection, *_: object) -> None:
        never.wait()
        database.close()

    monkeypatch.setattr("bridge.service.floor.history.insert", disk)
    monkeypatch.setattr("bridge.service.daemon.SETTLE_S", 0.2)
    monkeypatch.setattr("bridge.service.ledger.CLOSE_S", 0.2)

    async def hangs() -> None:
        async with trial(Flows({"line": Callflow(number=NUMBER, silence=None)})) as scene:
            phone = await scene.acs.dial(NUMBER)
            await phone.answered()
            await phone.hangs_up()
            await scene.record()

    with capture_logs() as logs:
        asyncio.run(hangs())
    never.set()
    daemons_end()
    assert [line["count"] for line in logs if line["event"] == "history.cut_short"] == [1]
    assert "ledger.left_open" in {line["event"] for line in logs}
