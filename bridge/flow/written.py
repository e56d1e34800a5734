"""A call flow in the notation of the operators' file, field by field."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from bridge.flow.callflow import Callflow
from bridge.flow.interim import LlmInterim, Play, Say
from bridge.flow.outcome_tables import Table
from bridge.flow.outcomes import HangUp, Transfer, Voicemail
from bridge.flow.overrides import OFF, Overrides, tables_in

_VERBS: Mapping[type, tuple[str, str]] = {
    Transfer: ("transfer", "to"),
    Voicemail: ("voicemail", "say"),
    Say: ("say", "text"),
    Play: ("play", "file"),
}


def written(flow: Callflow) -> dict[str, Any]:
    """What an operator would write to have each field as it is; JSON could carry it."""
    return {name: _field(flow, name) for name in Overrides.model_fields}


def _field(flow: Callflow, name: str) -> Any:
    value = getattr(flow, name)
    if name in ("greeting", "voice"):
        return value or ""
    if name == "keypad":
        return {key: _outcome(outcome) for key, outcome in value.items()}
    if name == "machine":
        return _outcome(value)
    if value is None:
        return {"kind": OFF} if name == "interim" else OFF
    (table,) = (t for t in tables_in(Overrides.model_fields[name].annotation))
    parts = {part: _part(value, part, table) for part in table.model_fields if part != "kind"}
    if name == "interim":
        parts = {part: each for part, each in parts.items() if hasattr(value, part)}
        return {"kind": "llm" if isinstance(value, LlmInterim) else "static", **parts}
    return parts


def _part(value: Any, name: str, table: type[Table]) -> Any:
    part = getattr(value, name, None)
    if part is None:
        return OFF if table.model_fields[name].default == OFF else ""
    if name == "closed" and isinstance(part, str):
        return {"flow": part}
    if isinstance(part, HangUp | Transfer | Voicemail):
        return _outcome(part)
    if isinstance(part, frozenset):
        return sorted(part)
    if isinstance(part, tuple):
        return [str(each) if isinstance(each, str) else _outcome(each) for each in part]
    return dict(part) if isinstance(part, Mapping) else part


def _outcome(value: Any) -> dict[str, Any]:
    """Its table, without what is as ever."""
    verb, first = _VERBS.get(type(value), ("hang_up", ""))
    table = {verb: getattr(value, first) if first else True}
    for each in fields(value):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        given = getattr(value, each.name)
        if each.name != first and given != default:
            table[each.name] = dict(given) if isinstance(given, Mapping) else given
    return table
