"""Between a form and the operators' file: what is typed, and what is meant by it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.console.fields import Field, Section
from bridge.console.notation import READERS, WRITERS, Unclear

Typed = dict[str, Any]
"""By field: a text, a list of texts, or a list of rows; exactly as somebody has typed it."""

_ROW = re.compile(r"(.+)\.(\d+)\.(\w+)")
OF_A_MODEL = ("interim.instructions", "interim.model", "interim.max_completion_tokens")
"""Parts of an interim response that only a line has which a model makes up."""


def spread(values: Mapping[str, Any], sections: Iterable[Section]) -> Typed:
    """The form as it is filled in for values of the file, by field."""
    typed: Typed = {}
    for section in sections:
        if section.may_be_off:
            typed[f"{section.name}.on"] = "on" if values[section.name] else ""
        for field in section.fields:
            value = values[field.path]
            is_unset = value is None or (field.kind == "outcome" and not value)
            typed[field.path] = "" if is_unset else WRITERS[field.kind](value)
    return typed


def received(form: Iterable[tuple[str, str]], sections: Iterable[Section]) -> Typed:
    """The form as it was sent."""
    given = [(name, text.replace("\r\n", "\n").strip()) for name, text in form]
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, text in given:
        if match := _ROW.fullmatch(name):
            rows.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = text
    typed: Typed = {}
    for section in sections:
        if section.may_be_off:
            typed[f"{section.name}.on"] = dict(given).get(f"{section.name}.on", "")
        for field in section.fields:
            if field.kind in ("steps", "keys", "outcome"):
                typed[field.path] = [row for _, row in sorted(rows.get(field.path, {}).items())]
            elif field.kind == "choices":
                typed[field.path] = [text for name, text in given if name == field.path]
            else:
                typed[field.path] = dict(given).get(field.path, "")
    return typed


def gathered(
    typed: Typed, sections: Iterable[Section], before: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the file that are meant, and what means nothing, by field.

    What the form does not ask for is as it was `before`.
    """
    values: dict[str, Any] = {}
    unclear: dict[str, str] = {}
    for section in sections:
        if section.may_be_off and not typed.get(f"{section.name}.on"):
            values[section.name] = "off"
            continue
        for field in _meant(section, typed):
            try:
                value = READERS[field.kind](typed[field.path], before.get(field.path))
            except Unclear as problem:
                unclear[field.path] = str(problem)
            else:
                _put(values, field.path, value)
    return values, unclear


def changed(values: Mapping[str, Any], authored: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values is not as the flow's author has it; of tables, the parts."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        own = authored.get(name)
        if value == own:
            continue
        if isinstance(value, dict) and isinstance(own, dict) and name not in ("keypad", "machine"):
            found[name] = {part: each for part, each in value.items() if each != own.get(part)}
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value != {}}


def _meant(section: Section, typed: Typed) -> Iterable[Field]:
    """The fields that mean something beside what else is typed."""
    kind = typed.get("interim.kind") if section.name == "interim" else None
    if kind == "off":
        return [field for field in section.fields if field.path == "interim.kind"]
    return [f for f in section.fields if kind != "static" or f.path not in OF_A_MODEL]


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    name, _, part = path.partition(".")
    if part:
        values.setdefault(name, {})[part] = value
    else:
        values[name] = value


def in_words(field: Field, value: Any) -> str:
    """What is filled in, as a text to compare."""
    if field.kind == "choices":
        return ", ".join(dict(field.choices).get(each, each) for each in value)
    if field.kind == "choice":
        return dict(field.choices).get(str(value), str(value))
    if isinstance(value, list):
        return "\n".join(filter(None, (_row_in_words(field, row) for row in value)))
    return str(value)


def _row_in_words(field: Field, row: Mapping[str, str]) -> str:
    does = dict(field.choices).get(row.get("does", ""), "")
    words = row.get("say") or row.get("what")
    parts = (
        f"key {row['key']}:" if row.get("key") else "",
        f"{row['after']} s:" if row.get("after") else "",
        does,
        row.get("to", ""),
        f"“{words}”" if words else "",
        f"{row['times']} times" if row.get("times") else "",
        f"{row['every']} s apart" if row.get("every") else "",
    )
    return " ".join(filter(None, parts)) if does else ""


def path_of(place: str, sections: Iterable[Section]) -> str:
    """What of the form a place in the file belongs to: a field, else a section, else nothing."""
    known = [field.path for section in sections for field in section.fields]
    found = [path for path in known if re.fullmatch(rf"{re.escape(path)}([.\[].*)?", place)]
    if found:
        return max(found, key=len)
    head = re.split(r"[.\[]", place, maxsplit=1)[0]
    return head if any(section.name == head for section in sections) else ""
