"""A call flow as operators have it: the author's, with what they changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar

from bridge.flow.callflow import Callflow
from bridge.flow.errors import FlowError
from bridge.flow.hours import Hours
from bridge.flow.interim import Interim, LlmInterim, StaticInterim
from bridge.flow.limits import Limits
from bridge.flow.manners import Fallback, Recording, Silence
from bridge.flow.outcome_tables import FlowTable, Table, made
from bridge.flow.overrides import OFF, PARTS, InterimTable, Overrides, is_marked
from bridge.flow.tool_interim import interim_of_tool

T = TypeVar("T", Hours, Limits, Fallback, Recording, Silence, StaticInterim, LlmInterim)

Place = tuple[str | int, ...]
"""Where something is in the overrides, key by key."""

_KINDS: Mapping[str, type] = {
    "hours": Hours,
    "limits": Limits,
    "fallback": Fallback,
    "recording": Recording,
    "silence": Silence,
}
_EMPTY_IS_NONE = {"notice", "refusal", "consent", "holidays", "instructions"}
_OF_A_MODEL = {"instructions", "model", "max_completion_tokens"}


@dataclass(frozen=True)
class Fault:
    """Something that operators cannot have so."""

    place: Place
    sentence: str


class NotOperated(FlowError):
    """The flow cannot be had with these overrides; there is a fault for each reason."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = faults


def operated(flow: Callflow, name: str, number: str, given: Overrides) -> Callflow:
    """The flow with another number and with overrides; tools and hooks are the author's.

    A tool that follows the flow's interim response follows the new one; where that is off, one that
    has but a line of its own in it says nothing. `name` is the flow's, for what is said of it.

    Raises:
        NotOperated: something given is not the operators' business, or cannot work.
    """
    faults = list(_not_marked(flow, name, given))
    changes = {} if faults else dict(_changes(flow, given, faults))
    if faults:
        raise NotOperated(faults)
    if not changes and number == flow.number:
        return flow
    try:
        return _changed(flow, {"number": number, **changes})
    except FlowError as error:
        place: Place = next(((field,) for field in changes if f"{field}" in str(error)), ())
        raise NotOperated([Fault(place, str(error))]) from error


def _not_marked(flow: Callflow, name: str, given: Overrides) -> Iterator[Fault]:
    for field in given.changed:
        table = getattr(given, field)
        has_parts = PARTS[field] and isinstance(table, Table)
        wholes = [f"{field}.{part}" for part in sorted(table.model_fields_set)] if has_parts else []
        for each in wholes or [field]:
            if not is_marked(each, flow.operators):
                yield Fault(
                    tuple(each.split(".")),
                    f"{each} is not the operators' to change in the call flow {name}; have its "
                    f'author write Callflow(operators=("{each}", ...)), or take this out.',
                )


def _changes(flow: Callflow, given: Overrides, faults: list[Fault]) -> Iterator[tuple[str, Any]]:
    bare = _without_words(flow)
    for field in given.changed:
        table = getattr(given, field)
        if field in ("greeting", "voice"):
            yield field, table or None
        elif table == OFF:
            yield field, None
        elif field == "keypad":
            yield field, {key: _made(faults, (field, key), each) for key, each in table.items()}
        elif field == "machine":
            yield field, _made(faults, (field,), table)
        else:
            before = len(faults)
            parts = dict(_parts(faults, (field,), table))
            if len(faults) > before:
                continue
            with _blamed(faults, (field,), parts):
                if isinstance(table, InterimTable):
                    yield field, _interim(flow.interim, parts)
                else:
                    now = bare[field] if field in bare else getattr(flow, field)
                    yield field, _merged(_KINDS[field], now, parts)


def _without_words(flow: Callflow) -> dict[str, Any]:
    """What has words of the flow's language where its author gave none."""
    return {
        "silence": flow.silence and flow.silence.without_words(flow.language),
        "fallback": flow.fallback.without_words(flow.language),
    }


def _changed(flow: Callflow, changes: Mapping[str, Any]) -> Callflow:
    other = replace(flow, **{**_without_words(flow), **changes})
    for tool in flow.tools.values():
        is_silent = other.interim is None and isinstance(tool.own_interim, str)
        interim = None if is_silent else interim_of_tool(tool.own_interim, other.interim)
        other.tools[tool.name] = replace(tool, interim=interim)
    other.ended_hooks.extend(flow.ended_hooks)
    other.check_deliveries()
    return other


def _interim(now: Interim | None, parts: dict[str, Any]) -> Interim | None:
    kind = parts.pop("kind", None) or ("llm" if isinstance(now, LlmInterim) else "static")
    if kind == OFF:
        return None
    kept = {each.name: getattr(now, each.name) for each in fields(now)} if now else {}
    if kind == "llm":
        return LlmInterim(**(kept | parts))
    if stray := sorted(_OF_A_MODEL & parts.keys()):
        raise FlowError(f'{" and ".join(stray)} is for interim.kind = "llm"; take it out.')
    return StaticInterim(**({n: v for n, v in kept.items() if n not in _OF_A_MODEL} | parts))


def _merged(kind: type[T], now: T | None, parts: dict[str, Any]) -> T:
    if now is not None:
        return replace(now, **parts)
    needed = [
        each.name
        for each in fields(kind)
        if each.init and each.default is MISSING and each.default_factory is MISSING
    ]
    if missing := [name for name in needed if name not in parts]:
        raise FlowError(f"The flow has none of its own, so it needs {', '.join(missing)}, too.")
    return kind(**parts)


def _parts(faults: list[Fault], place: Place, table: Table) -> Iterator[tuple[str, Any]]:
    """What a table gives, as the values of flows have it."""
    for name in table.model_fields_set:
        value = getattr(table, name)
        at = (*place, name)
        if isinstance(value, FlowTable):
            yield name, value.flow
        elif isinstance(value, Table):
            yield name, _made(faults, at, value)
        elif name == "then":
            yield name, tuple(_made(faults, (*at, n), step) for n, step in enumerate(value))
        elif name == "blocked":
            yield name, frozenset(value)
        elif isinstance(value, list):
            yield name, tuple(value)
        else:
            is_none = name in _EMPTY_IS_NONE if value == "" else value == OFF and name != "kind"
            yield name, None if is_none else value


def _made(faults: list[Fault], place: Place, table: Any) -> Any:
    with _blamed(faults, place, ()):
        return made(table)
    return None


@contextmanager
def _blamed(faults: list[Fault], place: Place, parts: Any) -> Iterator[None]:
    """Keep a flow's complaint for later, with the part that it names."""
    try:
        yield
    except FlowError as error:
        sentence = str(error)
        named = (part for part in parts if f"{part}=" in sentence or f"{part} " in sentence)
        faults.append(Fault((*place, *list(named)[:1]), sentence))
