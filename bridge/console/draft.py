"""A number as somebody wants to have it: what is typed, what it means, what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.console.fields import Section, sections_of
from bridge.console.typed import Typed, changed, gathered, in_words, path_of, received, spread
from bridge.console.visits import whole
from bridge.flow.callflow import Callflow
from bridge.flow.written import written
from bridge.service.flows import Flows
from bridge.service.numbers.editing import overrides_in, with_number
from bridge.service.numbers.fields import fields_of
from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers


@dataclass(frozen=True)
class Change:
    """A field that is to be otherwise."""

    label: str
    before: str
    after: str


@dataclass
class Draft:
    """A number's form, filled in."""

    number: str
    flow_name: str
    base: int
    """The version that was changed."""
    sections: list[Section]
    typed: Typed
    problems: dict[str, str] = field(default_factory=dict)
    """By field, or by section; those of neither under an empty name."""
    text: str = ""
    """The whole file, with this number as it is wanted; empty where that cannot be said."""
    flow: Callflow | None = None
    """The call flow that would answer; None where it cannot."""
    changes: list[Change] = field(default_factory=list)
    """What differs from what serves now."""


def as_it_is(lines: Lines, number: str) -> Draft:
    """The form as the version that serves has it.

    Raises:
        LookupError: no flow answers the number.
    """
    name, flow = lines.current.by_number[number]
    left = fields_of(flow, lines.authored.by_name[name])
    sections = sections_of(left)
    typed = spread({each.name: each.value for each in left}, sections)
    return Draft(number, name, lines.serving.number, sections, typed, flow=flow)


async def as_typed(lines: Lines, number: str, form: Iterable[tuple[str, str]]) -> Draft:
    """The form as somebody has filled it in.

    Raises:
        LookupError: no flow answers the number.
    """
    given = list(form)
    plain = dict(given)
    now_name, now = lines.current.by_number[number]
    name = plain.get("flow", now_name)
    base = whole(plain.get("base", "")) or 0
    authored = lines.authored.by_name.get(name)
    if authored is None:
        draft = as_it_is(lines, number)
        draft.problems["flow"] = "There is no such call flow."
        return draft
    left = fields_of(now if name == now_name else authored, authored)
    before = {each.name: each.value for each in left}
    sections = sections_of(left)
    typed = received(given, sections)
    values, unclear = gathered(typed, sections, before)
    draft = Draft(number, name, base, sections, typed, problems=dict(unclear))
    draft.changes = list(_changes(sections, spread(before, sections), typed))
    if name != now_name:
        draft.changes.insert(0, Change("Call flow", now_name, name))
    if not unclear:
        await _try(lines, draft, {"flow": name, **changed(values, written(authored))})
    return draft


async def _try(lines: Lines, draft: Draft, table: Mapping[str, Any]) -> None:
    serving = lines.serving.text
    had = overrides_in(serving, draft.number)
    alone = table == {"flow": draft.flow_name} and had is None and not draft.changes
    draft.text = serving if alone else with_number(serving, draft.number, table)
    try:
        flows: Flows = await lines.changes.drafted(draft.text)
    except BadNumbers as bad:
        prefix = f'numbers."{draft.number}"'
        for problem in bad.problems:
            place = problem.field.removeprefix(prefix).lstrip(".")
            path = path_of(place, draft.sections)
            sentence = problem.sentence if path or not place else f"{place}: {problem.sentence}"
            draft.problems[path] = f"{draft.problems.get(path, '')} {sentence}".strip()
        return
    draft.flow = flows.answering(draft.number)


def _changes(sections: Iterable[Section], before: Typed, after: Typed) -> Iterable[Change]:
    for section in sections:
        switch = f"{section.name}.on"
        if bool(before.get(switch)) != bool(after.get(switch)):
            words = {True: "as below", False: "none"}
            states = [words[bool(typed.get(switch))] for typed in (before, after)]
            yield Change(section.title, *states)
        if section.may_be_off and not after.get(switch):
            continue
        for each in section.fields:
            was, now = (in_words(each, typed.get(each.path, "")) for typed in (before, after))
            if was != now:
                yield Change(f"{section.title}: {each.label}", was, now)
