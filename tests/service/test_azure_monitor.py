"""Traces and figures in Application Insights, as its exporter sends them there."""

import gzip
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge import Callflow
from bridge.lab.voicelive import ScriptBrain
from bridge.service import exporters
from bridge.service.flows import Flows
from bridge.service.settings import SettingsError
from bridge.trial import trial

NUMBER, CALLER = "+18005550100", "+14255550123"
CONNECTION = "APPLICATIONINSIGHTS_CONNECTION_STRING"
KEY = "f6004e6b-c6a0-5db7-b265-7e5553d4572c"
OFF = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
)


@asynccontextmanager
async def application_insights() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """The address that takes telemetry, and what has come."""
    sent: list[dict[str, Any]] = []

    async def track(request: web.Request) -> web.Response:
        body = await request.read()
        items = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        sent.extend(items)
        answer = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
        return web.json_response(answer)

    app = web.Application()
    app.router.add_post("/{version:.*}/track", track)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/", sent
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in OFF:  # put back afterwards, as it was not there
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def line() -> Flows:
    return Flows({"line": Callflow(number=NUMBER, greeting="Good morning.")})


async def test_a_call_is_in_application_insights_and_on_no_disk(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with application_insights() as (url, sent):
        monkeypatch.setenv(CONNECTION, f"InstrumentationKey={KEY};IngestionEndpoint={url}")
        where = ("azure_monitor",)
        async with trial(
            line(),
            brain=ScriptBrain([]),
            otel_traces_exporter=where,
            otel_metrics_exporter=where,
        ) as scene:
            phone = await scene.acs.dial(NUMBER, caller=CALLER)
            await phone.hears("Good morning.")
            await phone.hangs_up()
            await scene.record()
    assert {item["iKey"] for item in sent} == {KEY}
    data = [item["data"]["baseData"] for item in sent]
    assert "call line" in [each.get("name") for each in data]
    figures = {figure["name"] for each in data for figure in each.get("metrics", ())}
    assert "interlude.calls.ended" in figures
    assert CALLER not in json.dumps(sent)
    assert not os.listdir(tmp_path)  # noqa: PTH208 - nobody waits for it
    assert not [record for record in caplog.records if record.name.startswith("azure.monitor")]


async def test_the_exporter_does_nothing_else_unless_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        CONNECTION, f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9/"
    )
    monkeypatch.setenv(OFF[-1], "false")
    async with trial(line(), otel_traces_exporter=("azure_monitor",)):
        assert [os.environ[variable] for variable in OFF] == ["true", "true", "true", "false"]


async def test_without_a_connection_string_it_says_which_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(CONNECTION, raising=False)
    with pytest.raises(SettingsError, match="OTEL_TRACES_EXPORTER=azure_monitor: "):
        async with trial(line(), otel_traces_exporter=("azure_monitor",)):
            pass


async def test_where_it_is_not_installed_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without(group: str) -> EntryPoints:
        return EntryPoints(each for each in entry_points(group=group) if "azure" not in each.name)

    monkeypatch.setattr(exporters, "entry_points", without)
    with pytest.raises(SettingsError, match=r", or install interlude\[azure-monitor\]\.$"):
        async with trial(line(), otel_traces_exporter=("azure_monitor",)):
            pass
