"""Lines that repeat what the caller has said, as "Checking order {order_number}." does."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from bridge.flow.errors import FlowError


def placeholders(text: str) -> set[str]:
    """The names in braces.

    Raises:
        FlowError: braces that hold anything but a name.
    """
    try:
        fields = [(name, more) for _, name, *more in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise FlowError(f"The braces in {text!r} do not match.") from error
    for name, (spec, conversion) in fields:
        if not name.isidentifier() or spec or conversion:
            raise FlowError(f"The braces in {text!r} need the name of a parameter, and no more.")
    return {name for name, _ in fields}


def filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its names replaced; digits given as text are read one by one."""
    return text.format_map({name: _spoken(value) for name, value in values.items()})


def _spoken(value: Any) -> str:
    if isinstance(value, str) and value.isdigit():
        return " ".join(value)
    return str(value)
