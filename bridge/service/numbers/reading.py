"""Reading the operators' file: what each number does, or all that is wrong, each with its line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from bridge.flow.callflow import Callflow
from bridge.flow.errors import FlowError
from bridge.flow.numbers import is_e164
from bridge.flow.operated import NotOperated, operated
from bridge.flow.outcome_tables import VERBS, Table
from bridge.flow.overrides import Overrides, tables_in
from bridge.flow.prompts import sounds
from bridge.service.flows import Flows, check_closed, check_sound
from bridge.service.numbers.places import Place, Places

NUMBERS = "numbers"
LARGEST = 1 << 20
"""Characters in a file."""


@dataclass(frozen=True)
class Problem:
    """Something in the file that cannot be."""

    line: int | None
    """From 1; None where it is of no line."""
    field: str
    """Where, key by key: `numbers."+18005550100".limits.blocked[0]`."""
    sentence: str
    """What is wrong, and the remedy."""

    def __str__(self) -> str:
        return f"line {self.line or '?'}: {self.field}: {self.sentence}"


class BadNumbers(FlowError):
    """The file cannot serve; there is a line for each problem."""

    def __init__(self, problems: list[Problem], file: object = "INTERLUDE_NUMBERS") -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("\n".join(f"{file}: {problem}" for problem in self.problems))


class NumberTable(Overrides):
    """A number: the call flow that answers, and what operators changed of it."""

    flow: str
    """Name of the call flow: of its module."""


class File(Table):
    """The whole file."""

    numbers: dict[str, NumberTable] = Field(default_factory=dict)
    """Each number in international form, in quotes: `[numbers."+18005550100"]`."""


def read(text: str, flows: Flows) -> Flows:
    """The flows as the file has them answer.

    Raises:
        BadNumbers: it has problems; all of them are said, as far as one does not hide another.
    """
    file, places = _parsed(text)
    problems: list[Problem] = []

    def add(place: Place, sentence: str) -> None:
        problems.append(Problem(places.line(place), _in_words(place), sentence))

    answering: dict[str, tuple[str, Callflow]] = {}
    for number, table in file.numbers.items():
        place: Place = (NUMBERS, number)
        if not is_e164(number):
            add(place, "it is no number in international form, like '+18005550100'.")
            continue
        if table.flow not in flows.by_name:
            add((*place, "flow"), _no_flow(table.flow, flows))
            continue
        base = flows.by_name[table.flow]
        try:
            flow = operated(base, table.flow, number, table)
        except NotOperated as refused:
            for fault in refused.faults:
                add((*place, *fault.place), fault.sentence)
            continue
        for sentence in _amiss(flow, base, flows.folder):
            add(place, sentence)
        answering[number] = (table.flow, flow)
    served = flows.serving(answering)
    if not problems:
        for number, (name, flow) in answering.items():
            try:
                check_closed(name, flow, served.by_name)
            except FlowError as error:
                add((NUMBERS, number, "hours"), str(error))
    if problems:
        raise BadNumbers(problems)
    return served


def check_table(number: str, table: Mapping[str, Any]) -> None:
    """See that a table has the shape of a number's.

    Raises:
        BadNumbers: it has another.
    """
    try:
        File.model_validate({NUMBERS: {number: table}})
    except ValidationError as error:
        raise _bad(error, Places("")) from error


def _parsed(text: str) -> tuple[File, Places]:
    if len(text) > LARGEST:
        raise BadNumbers([Problem(None, "the file", "it is longer than 1 MB; shorten it.")])
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadNumbers([_syntax(text, str(error))]) from error
    places = Places(text)
    try:
        return File.model_validate(content), places
    except ValidationError as error:
        raise _bad(error, places) from error


def _bad(error: ValidationError, places: Places) -> BadNumbers:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return BadNumbers([_problem(problem, places) for problem in problems])


def _syntax(text: str, message: str) -> Problem:
    found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    what = message[: found.start()] if found else message
    return Problem(line, "the file", f"it is no TOML here: {what}. Texts stand in quotes.")


def _problem(problem: Mapping[str, Any], places: Places) -> Problem:
    place, known = _found(problem["loc"])
    sentence = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(str(place[-1]), known, n=1)
        use = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
        sentence = f"there is no such key; {use}"
    elif problem["type"] == "missing":
        sentence = "it is missing; add it."
    else:
        sentence = f"{sentence[0].lower()}{sentence[1:]}."
    return Problem(places.line(place), _in_words(place), sentence)


def _found(loc: tuple[int | str, ...]) -> tuple[Place, list[str]]:
    """The place that pydantic means, without the tags of its unions, and the keys known there."""
    place: list[int | str] = []
    tables: list[type[Table]] = [File]
    for at, part in enumerate(loc):
        before, is_last = place[-1] if place else None, at == len(loc) - 1
        if part in ("on", "off") and before in ("silence", "hours", "recording"):
            continue
        if part in VERBS and not is_last and before not in (NUMBERS, "keypad"):
            tables = [VERBS[str(part)]]
            continue
        fields = {name: field for table in tables for name, field in table.model_fields.items()}
        if before not in (NUMBERS, "keypad") and part in fields:
            tables = list(tables_in(fields[str(part)].annotation))
        place.append(part)
    return tuple(place), sorted({name for table in tables for name in table.model_fields})


def _no_flow(name: str, flows: Flows) -> str:
    near = get_close_matches(name, flows.by_name, n=1)
    use = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(flows.by_name)}."
    return f"there is no call flow {name!r}; {use}"


def _amiss(flow: Callflow, base: Callflow, folder: Path) -> Iterator[str]:
    """What is wrong with the sounds that the author does not have it play."""
    for file in sorted(sounds(flow) - sounds(base)):
        if not (folder / file).resolve().is_relative_to(folder.resolve()):
            yield f"{file!r} is not in the folder of flows; put it there, and give its name alone."
            continue
        try:
            check_sound(folder / file)
        except FlowError as error:
            yield str(error)


def _in_words(place: Place) -> str:
    words = ""
    for part in place:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            words += f"{'.' if words else ''}{part if plain else chr(34) + part + chr(34)}"
    return words
