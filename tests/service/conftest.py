"""Voice Live on loopback, and an empty store of prompts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.lab.speech import Studio
from bridge.lab.voicelive import VoiceLiveStandIn
from bridge.service.prompts import PromptStore


@pytest.fixture
async def service(studio: Studio) -> AsyncIterator[VoiceLiveStandIn]:
    async with VoiceLiveStandIn(studio) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    return PromptStore(tmp_path / "prompts")
