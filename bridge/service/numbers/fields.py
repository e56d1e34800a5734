"""What operators may change of a flow, field by field: what a form is made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic.fields import FieldInfo

from bridge.flow.callflow import Callflow
from bridge.flow.outcome_tables import LadderStep, Table
from bridge.flow.overrides import ADAPTIVE, OFF, PARTS, Overrides, is_marked, tables_in
from bridge.flow.written import written

Kind = Literal[
    "text", "texts", "number", "choice", "choices", "switch", "outcome", "ladder", "keys", "pairs"
]
"""`number` may be a word, too, that `choices` names; `switch` is a table that may be "off"; `keys`
have an outcome each, `pairs` a text each."""


@dataclass(frozen=True)
class Field:
    """Something an operator may change."""

    name: str
    """As in the file, with dots: `interim.texts`."""
    kind: Kind
    label: str
    help: str
    value: Any
    """As it is now, in the notation of the file; for a `switch`, whether it is on."""
    default: Any
    """As the author has it."""
    choices: tuple[str, ...] = ()
    """What it may be; of an outcome, its verbs."""


def fields_of(flow: Callflow, authored: Callflow) -> list[Field]:
    """The fields of a flow that its author left to operators, as they are and as they were."""
    return list(_fields(written(flow), written(authored), flow.operators))


def _fields(
    now: Mapping[str, Any], before: Mapping[str, Any], marks: tuple[str, ...]
) -> Iterator[Field]:
    for name, field in Overrides.model_fields.items():
        if not PARTS[name]:
            if is_marked(name, marks):
                yield _field(name, field, now[name], before[name])
            continue
        (table,) = tables_in(field.annotation)
        if is_marked(name, marks) and field.default == OFF:
            about = (table.__doc__ or "").strip()
            on = (now[name] != OFF, before[name] != OFF)
            yield Field(name, "switch", name.capitalize(), about, *on)
        for part, part_field in table.model_fields.items():
            if is_marked(f"{name}.{part}", marks):
                values = [_of(whole, part, part_field) for whole in (now[name], before[name])]
                yield _field(f"{name}.{part}", part_field, *values)


def _of(whole: Any, part: str, field: FieldInfo) -> Any:
    """A part's value, or what it is by default where the whole is off."""
    if isinstance(whole, dict) and part in whole:
        return whole[part]
    return field.get_default(call_default_factory=True)


def _field(name: str, field: FieldInfo, value: Any, default: Any) -> Field:
    kind, choices = _kind(field.annotation)
    if field.annotation == int | str:
        choices = (OFF if field.default == OFF else ADAPTIVE,)
    return Field(name, kind, _label(name), field.description or "", value, default, choices)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    words = tuple(word for word in _literals(annotation) if isinstance(word, str))
    tables = list(tables_in(annotation))
    if annotation == list[LadderStep]:
        return "ladder", _verbs(tables)
    if tables:
        is_keys = str(annotation).startswith("dict")
        return "keys" if is_keys else "outcome", _verbs(tables)
    if annotation == dict[str, str]:
        return "pairs", ()
    if words:
        return "choices" if str(annotation).startswith("list") else "choice", words
    if annotation == list[str]:
        return "texts", ()
    return "text" if annotation is str else "number", ()


def _verbs(tables: list[type[Table]]) -> tuple[str, ...]:
    return tuple(next(iter(table.model_fields)) for table in tables)


def _literals(annotation: Any) -> Iterator[Any]:
    if not isinstance(annotation, type):
        for part in get_args(annotation):
            yield from _literals(part) if get_args(part) else [part]


def _label(name: str) -> str:
    """`interim.latency_threshold_ms` as `Latency threshold (ms)`."""
    words = name.rpartition(".")[2].split("_")
    unit = f" ({words.pop()})" if words[-1] in ("ms", "s") else ""
    return " ".join(words).capitalize() + unit
