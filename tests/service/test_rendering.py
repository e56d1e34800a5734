"""Prompts are rendered on the operator's word, and in the background of the service."""

import asyncio
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from bridge.call.events import VoiceEvent
from bridge.lab.voicelive import Switches, VoiceLiveStandIn
from bridge.service.flows import Flows
from bridge.service.guards import Operator, Role
from bridge.service.ledger import open_ledger
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.versions import Versions
from bridge.service.prompts import PromptError, PromptStore
from bridge.service.rendering import kept_rendered, render_and_tell, rendering
from tests.service.prompts import (
    FLOW,
    GREETING,
    MEANWHILE,
    Tampered,
    client,
    flow,
    greeting_only,
    said_by,
)

JANE = Operator("jane", Role.EDITOR)
MARIN = greeting_only(number="+18005550101", model="gpt-realtime", voice="marin")
FLOWS = Flows({"orders": FLOW, "marin": MARIN})
NIGHT = flow(number="+18005550102", greeting="Good evening.", interim=None)
DAY_AND_NIGHT = Flows({"day": FLOW, "night": NIGHT})


async def told(store: PromptStore, flows: Flows, service: VoiceLiveStandIn) -> tuple[str, str]:
    """The table, and the error after it."""
    page, error = StringIO(), ""
    try:
        await render_and_tell(store, flows, client(service), Console(file=page, width=160))
    except PromptError as failed:
        error = str(failed)
    return page.getvalue(), error


def row(table: str, name: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if name in line.partition("│")[2][:20]]
    return [cell.strip() for cell in line.strip("│").split("│")]


async def test_the_operator_sees_what_became_of_each_flow(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    marin = "1: marin is a model's own voice, which may drift from the words"
    table, error = await told(store, FLOWS, service)
    assert row(table, "orders") == ["orders", "4", "4", "0", "-"]
    assert row(table, "marin") == ["marin", "1", "0", "0", marin]
    assert error == ""
    table, error = await told(store, FLOWS, service)
    assert row(table, "orders") == ["orders", "4", "0", "4", "-"]
    assert error == ""


@pytest.mark.parametrize(
    ("switches", "why"),
    [
        (
            Switches(handshake=401),
            "Voice Live refused the session: WSServerHandshakeError 401",
        ),
        (
            Switches(error_instead_of_updated=True),
            "Voice Live refused the session: server_error",
        ),
        (Switches(error_without_done=True), "server_error"),
    ],
)
async def test_what_should_have_been_rendered_and_was_not_is_an_error(
    service: VoiceLiveStandIn, store: PromptStore, switches: Switches, why: str
) -> None:
    service.switches = switches
    table, error = await told(store, FLOWS, service)
    assert row(table, "orders") == ["orders", "4", "0", "0", f"4: {why}"]
    assert error == f"orders: {why}"


async def test_a_session_lost_half_way_leaves_what_was_done(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    said = said_by(service)
    telling = asyncio.create_task(told(store, FLOWS, service))
    assert [await said.get(), await said.get()] == [GREETING, MEANWHILE]
    await service.sessions[0].closes(1001)
    table, error = await telling
    lost = "Voice Live ended the session: close code 1001"
    assert row(table, "orders") == ["orders", "4", "1", "0", f"3: {lost}"]
    assert error == f"orders: {lost}"


async def test_the_service_renders_in_the_background(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    with capture_logs() as logs:
        async with rendering(store, DAY_AND_NIGHT.all, client(service)) as task:
            await task
    assert store.missing(FLOW) == store.missing(NIGHT) == ()
    assert [(line["event"], line["texts"]) for line in logs] == [
        ("prompts.rendered", 4),
        ("prompts.rendered", 1),
    ]


async def test_leaving_ends_the_rendering(service: VoiceLiveStandIn, store: PromptStore) -> None:
    said = said_by(service)
    async with rendering(store, FLOWS.all, client(service)):
        assert await said.get() == GREETING
    assert len(store.missing(FLOW)) == 4
    await service.sessions[0].ended()


async def test_failures_cost_one_line_for_each_flow(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    service.switches = Switches(handshake=429)
    (tmp_path / "file").touch()
    blocked = PromptStore(tmp_path / "file")
    with capture_logs() as logs:
        for broken in (store, blocked):
            async with rendering(broken, DAY_AND_NIGHT.all, client(service)) as task:
                await task
    unreachable = "Voice Live cannot be reached: WSServerHandshakeError 429"
    whys = [line["why"] for line in logs]
    assert whys[:2] == [unreachable, unreachable]
    assert [why.partition(":")[0] for why in whys[2:]] == 2 * [
        f"Prompts cannot be kept in {tmp_path / 'file'}"
    ]
    assert {(line["event"], line["log_level"]) for line in logs} == {("prompts.failed", "warning")}


async def test_a_fault_of_our_own_does_not_reach_the_service(
    service: VoiceLiveStandIn, store: PromptStore
) -> None:
    def fail(event: VoiceEvent) -> Iterable[VoiceEvent]:
        raise LookupError(event)

    with capture_logs() as logs:
        async with rendering(store, FLOWS.all, Tampered(client(service), fail)) as task:
            await asyncio.wait({task})
    assert [(line["event"], line["log_level"]) for line in logs] == [("prompts.failed", "error")]


async def test_what_is_published_is_rendered_meanwhile(
    service: VoiceLiveStandIn, store: PromptStore, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text("")
    line = flow(greeting="Good morning.", operators=("greeting",))
    said = said_by(service)
    async with open_ledger(None) as ledger:
        lines = Lines(Flows({"line": line}), file)
        await lines.remember(Versions(ledger))
        async with kept_rendered(store, lines, client(service)):
            assert await said.get() == "Good morning."
            text = f'[numbers."{line.number}"]\nflow = "line"\ngreeting = "Good {{}}."\n'
            await lines.publish(text.format("day"), by=JANE, base=1)
            while await said.get() != "Good day.":
                pass
            await lines.try_out(text.format("evening"), 10, by=JANE)
            while await said.get() != "Good evening.":
                pass
