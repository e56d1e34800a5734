"""Sees that what was parsed is of the types it declares."""

import dataclasses
from functools import cache
from typing import Any, get_args, get_type_hints


def check_types(parsed: Any) -> None:
    """Hold the fields of a dataclass against their annotations; a bool is no number."""
    kind: Any = type(parsed)
    for name, declared in _fields(kind):
        found = type(getattr(parsed, name))
        assert found in declared, f"{kind.__name__}.{name} is a {found.__name__}"


@cache
def _fields(kind: Any) -> list[tuple[str, tuple[Any, ...]]]:
    hints = get_type_hints(kind)
    return [(f.name, get_args(hints[f.name]) or (hints[f.name],)) for f in dataclasses.fields(kind)]
