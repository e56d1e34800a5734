"""Voice Live on loopback, an empty store of prompts, and who takes traces and figures."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.service.prompts import PromptStore
from tests.service.collector import Collector, collecting


@pytest.fixture
async def service(studio: Studio) -> AsyncIterator[VoiceLiveStandIn]:
    async with VoiceLiveStandIn(studio) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    return PromptStore(tmp_path / "prompts")


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    async with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running
