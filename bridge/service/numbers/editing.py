"""Changing the operators' file as a program does, with the comments in it kept."""

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Item, Table, Whitespace

from bridge.service.numbers.reading import NUMBERS


class NotToml(ValueError):
    """A value has no place in TOML."""


def overrides_in(text: str, number: str) -> dict[str, Any] | None:
    """What a valid file says of a number, its flow among it; None if nothing."""
    table: dict[str, Any] | None = tomllib.loads(text).get(NUMBERS, {}).get(number)
    return table


def with_number(text: str, number: str, table: Mapping[str, Any]) -> str:
    """A valid file in which a number has this table, with `flow`, and nothing else.

    Comments stay, but for those of what is gone.

    Raises:
        NotToml: the table holds null.
    """
    wanted = tomllib.loads(text)
    wanted.setdefault(NUMBERS, {})[number] = dict(table)
    document = tomlkit.parse(text)
    try:
        numbers = document.setdefault(NUMBERS, tomlkit.table(is_super_table=True))
        if number in numbers:
            _merge(numbers[number], table)
        else:
            numbers[number] = _table(table)
        edited = tomlkit.dumps(document)
    except (tomlkit.exceptions.TOMLKitError, TypeError) as error:
        raise NotToml("The table holds what TOML cannot: leave out what is null.") from error
    return edited if tomllib.loads(edited) == wanted else _rewritten(text, number, table)


def without_number(text: str, number: str) -> str:
    """A valid file that says nothing of a number."""
    document = tomlkit.parse(text)
    if number not in document.get(NUMBERS, {}):
        return text
    _remove(document[NUMBERS], number)
    left = tomlkit.dumps(document).rstrip()
    return f"{left}\n" if left else ""


def _rewritten(text: str, number: str, table: Mapping[str, Any]) -> str:
    """The number at the end, for where its parts are scattered over the file."""
    end = tomlkit.document()
    end[NUMBERS] = tomlkit.table(is_super_table=True).add(number, _table(table))
    return f"{without_number(text, number).rstrip()}\n\n{tomlkit.dumps(end)}".lstrip()


def _merge(there: Any, table: Mapping[str, Any]) -> None:
    for key in [key for key in there if key not in table]:
        _remove(there, key)
    for key, value in table.items():
        now = there.get(key)
        if isinstance(value, Mapping) and isinstance(now, dict):
            _merge(now, value)
        elif isinstance(value, list) and isinstance(now, list):
            _merge_items(now, value)
        elif key not in there or tomlkit.item(now).unwrap() != value:
            if isinstance(now, dict):
                _remove(there, key)
            there[key] = _table(value) if isinstance(value, Mapping) else _item(value)


def _merge_items(there: Any, values: list[Any]) -> None:
    for at, value in enumerate(values):
        if at == len(there):
            there.append(_item(value))
        elif isinstance(value, Mapping) and isinstance(there[at], dict):
            _merge(there[at], value)
        elif tomlkit.item(there[at]).unwrap() != value:
            there[at] = _item(value)
    while len(there) > len(values):
        del there[-1]


def _remove(there: Any, key: str) -> None:
    """Take out a key; what stands after a table is about what follows it, and stays."""
    table = there[key]
    if not isinstance(there, Table) or not isinstance(table, Table):
        del there[key]
        return
    last: Any = table
    while isinstance(last, Table):
        body = last.value.body
        last = next((item for name, item in reversed(body) if name is not None), None)
    end = max((at for at, (name, _) in enumerate(body) if name is not None), default=-1)
    tail = "".join(item.as_string() for _, item in body[end + 1 :])
    at = next(at for at, (name, _) in enumerate(there.value.body) if name and name.key == key)
    del there[key]
    there.value.body[at] = (None, Whitespace(tail))


def _table(values: Mapping[str, Any], depth: int = 0) -> Table:
    table = tomlkit.table()
    ordered = sorted(values.items(), key=lambda pair: isinstance(pair[1], Mapping))
    for key, value in ordered:  # plain values first: after a table, they would be part of it
        has_header = isinstance(value, Mapping) and depth == 0
        table[key] = _table(value, depth + 1) if has_header else _item(value)
    return table


def _item(value: Any) -> Item:
    """A value that has no header of its own; steps stand below each other."""
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        for key, each in value.items():
            inline[key] = _item(each)
        return inline
    if isinstance(value, list):
        array = tomlkit.array().multiline(any(isinstance(each, Mapping) for each in value))
        array.extend(_item(each) for each in value)
        return array
    item: Item = tomlkit.item(value)
    return item
