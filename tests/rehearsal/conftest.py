"""The flows of this repository, and what they say word for word."""

from pathlib import Path

import pytest

from bridge.service.flows import Flows, load_flows

CALLFLOWS = Path(__file__).parent.parent.parent / "callflows"


@pytest.fixture(scope="session")
def shipped() -> Flows:
    return load_flows("callflows")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts")
