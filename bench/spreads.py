"""Many values in three."""

from collections.abc import Iterable

import numpy as np

Spread = tuple[float, float, float] | None
"""Median, 99th percentile and maximum; None where nothing was seen."""


def spread(values: Iterable[float]) -> Spread:
    """Median, 99th percentile and maximum."""
    sample = np.fromiter(values, float)
    if not sample.size:
        return None
    return float(np.median(sample)), float(np.percentile(sample, 99)), float(sample.max())
