"""The image, run and called, where there is an engine and it has been built."""

import os

import pytest

from tests.validators.conftest import DEPLOY, run


def test_the_image_takes_a_call_read_only_and_without_capabilities() -> None:
    engine = os.environ.get("ENGINE")
    if not engine:
        pytest.skip("ENGINE names no container engine; deploy/try-container.sh says what it needs")
    assert "calls ended: 1; exit status 0" in run(DEPLOY / "try-container.sh", engine)
