"""Spoils JSON the way that strangers do: one value of it is gone, of another type, or too much."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

WEIRD: Sequence[Any] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    1 << 63,
    -(1 << 63),
    "",
    "\0",
    "12abc",
    "é😀\u202e",
    "2026-08-21",
    "2026-08-21T22:51:51",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.9999999-23:59",
    "x" * 2_000,
    [],
    {},
    [[]],
    {"value": {}},
)

_DEEP = 200
"""Levels that orjson still writes, below 255; it reads 1,024."""


def spoilt(value: Any, random: Random) -> Any:
    """A copy with one value, anywhere in it, replaced, left out or doubled."""
    if isinstance(value, dict) and value and random.random() > 1 / (2 + len(value)):
        name = random.choice(list(value))
        if random.random() < 1 / 8:
            return {key: inner for key, inner in value.items() if key != name}
        return {**value, name: spoilt(value[name], random)}
    if isinstance(value, list) and value and random.random() > 1 / 8:
        at = random.randrange(len(value))
        if random.random() < 1 / 4:
            return value * 2
        return [*value[:at], spoilt(value[at], random), *value[at + 1 :]]
    if random.random() < 1 / 50:
        for _ in range(_DEEP):
            value = [value]
        return value
    return random.choice(WEIRD)


def bodies(*seeds: Any) -> st.SearchStrategy[bytes]:
    """JSON: mostly the seeds, spoilt in up to four places, or of any shape; now and then none."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    anything = st.recursive(leaves, lambda s: st.lists(s) | st.dictionaries(st.text(), s))
    random, times = st.randoms(use_true_random=True), st.integers(0, 4)
    mostly = st.builds(_often, st.sampled_from(seeds), random, times).map(_written)
    otherwise = st.binary() | anything.map(_written)
    return st.integers(0, 9).flatmap(lambda tenth: mostly if tenth else otherwise)


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()


def _often(seed: Any, random: Random, times: int) -> Any:
    for _ in range(times):
        seed = spoilt(seed, random)
    return seed
