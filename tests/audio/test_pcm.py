"""Lengths and levels of PCM16."""

from typing import Any

import numpy as np
import pytest

from bridge.audio.pcm import duration_ms, frame_bytes, level_dbfs, samples_in, silence


def test_lengths() -> None:
    assert (samples_in(20, 24_000), frame_bytes(16_000), frame_bytes(24_000)) == (480, 640, 960)
    assert duration_ms(silence(250, 16_000), 16_000) == 250


def test_levels() -> None:
    square: Any = np.full(480, -32_768, "<i2")
    assert level_dbfs(square.tobytes()) == pytest.approx(0)
    assert level_dbfs(silence(20, 16_000)) == -float("inf")
