"""The page of all numbers: which flow answers each, and how it is about it now."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bridge.console.visits import Visit, let_in, page
from bridge.flow.callflow import Callflow
from bridge.flow.hours import Hours
from bridge.flow.wording import doubts
from bridge.service.guards import Role
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.editing import overrides_in, with_number, without_number
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import Stale
from bridge.service.parts import AUDIT, FLOOR, LINES, PROMPTS, SWITCHBOARD
from bridge.service.prompts import PromptStore
from bridge.service.reading import why_not_read

WHY = {"outside": "outside its hours", "holiday": "holiday", "special": "a date that differs"}


@dataclass(frozen=True)
class NumberLine:
    """One number as it is now."""

    number: str
    flow: str
    is_open: bool
    hours: str
    """In words: until when."""
    delivery: tuple[tuple[str, list[str]], ...]
    """Who speaks in a wait, and on what triggers."""
    calls: int
    concerns: tuple[str, ...]
    """What is not as it should be, a sentence each."""


@page("numbers.html")
async def show(visit: Visit) -> dict[str, Any]:
    """All numbers that are answered."""
    return await _content(visit)


async def _content(visit: Visit, **more: Any) -> dict[str, Any]:
    lines, store = visit.part(LINES), visit.part(PROMPTS)
    now = visit.part(SWITCHBOARD).admission.now()
    floor = await visit.part(FLOOR).calls(visit.operator)
    on_line = [call.dialled for call in floor.calls]
    found = [
        await line_of(number, name, flow, store, now, on_line.count(number))
        for number, (name, flow) in sorted(lines.current.by_number.items())
    ]
    return {
        "numbers": found,
        "serving": lines.serving,
        "refused": lines.refused,
        "flows": sorted(lines.authored.by_name),
        "can_publish": lines.file is not None,
        "typed": {},
        "problem": "",
    } | more


async def add(request: web.Request) -> web.StreamResponse:
    """Have a call flow answer one more number."""
    visit = await let_in(request, Role.EDITOR)
    typed = {name: str(text).strip() for name, text in (await request.post()).items()}
    lines, number = visit.part(LINES), typed.get("number", "")
    if number in lines.current.by_number:
        return await _not_added(visit, typed, f"{number} is answered already; open it above.")
    text = with_number(lines.serving.text, number, {"flow": typed.get("flow", "")})
    try:
        await _publish(visit, text, number)
    except (BadNumbers, NumbersFileError, Stale) as error:
        return await _not_added(visit, typed, sentence_of(error))
    raise web.HTTPSeeOther(f"/console/numbers/{number}")


async def _not_added(visit: Visit, typed: dict[str, str], problem: str) -> web.StreamResponse:
    content = await _content(visit, typed=typed, problem=problem)
    answer = await visit.page("numbers.html", **content)
    answer.set_status(422)
    return answer


async def remove(request: web.Request) -> web.StreamResponse:
    """Take a number out of the file: the flow that names it in its module answers, or nobody."""
    visit = await let_in(request, Role.EDITOR)
    lines, number = visit.part(LINES), request.match_info["number"]
    if overrides_in(lines.serving.text, number) is None:
        raise web.HTTPNotFound(text="The operators' file does not have this number.")
    try:
        await _publish(visit, without_number(lines.serving.text, number), number)
    except (BadNumbers, NumbersFileError, Stale) as error:
        raise web.HTTPConflict(text=sentence_of(error)) from error
    raise web.HTTPSeeOther("/console/numbers")


async def _publish(visit: Visit, text: str, number: str) -> None:
    lines = visit.part(LINES)
    await lines.changes.drafted(
        text
    )  # what is wrong with it is no refusal to be shown to everybody
    await visit.part(AUDIT).add(visit.operator, "numbers.publish", number, "")
    await lines.publish(text, by=visit.operator, base=lines.serving.number)


def sentence_of(error: Exception) -> str:
    """What is wrong, without the places in a file that nobody has seen."""
    if isinstance(error, BadNumbers):
        return " ".join(problem.sentence for problem in error.problems)
    return str(error)


async def line_of(
    number: str, name: str, flow: Callflow, store: PromptStore, now: datetime, calls: int
) -> NumberLine:
    """A number as it is now."""
    missing = await asyncio.to_thread(store.missing, flow)
    return NumberLine(
        number,
        name,
        is_open=not flow.hours or flow.hours.at(now),
        hours=_hours(flow.hours, now),
        delivery=tuple(_delivery(flow).items()),
        calls=calls,
        concerns=tuple(_concerns(flow, len(missing))),
    )


def _delivery(flow: Callflow) -> dict[str, list[str]]:
    who: dict[str, list[str]] = {}
    for trigger, delivered in flow.deliveries.items():
        who.setdefault(delivered.by, []).append(str(trigger))
    return who


def _hours(hours: Hours | None, now: datetime) -> str:
    if hours is None:
        return "at all times"
    if hours.at(now):
        closes = hours.closes_after(now)
        return f"until {_when(closes, now)}" if closes else "for good"
    opens, why = hours.opens_after(now), hours.why_closed(now)
    reason = hours.holiday(now) or WHY[why or "outside"]
    return f"until {_when(opens, now)}, {reason}" if opens else f"for good, {reason}"


def _when(moment: datetime, now: datetime) -> str:
    there = now.astimezone(moment.tzinfo)
    if moment.date() == there.date():
        return moment.strftime("%H:%M")
    is_soon = (moment.date() - there.date()).days < 7  # noqa: PLR2004 - a week
    return moment.strftime("%A %H:%M" if is_soon else "%-d %B %H:%M")


def _concerns(flow: Callflow, missing: int) -> Iterator[str]:
    if why := why_not_read(flow):
        yield f"Nothing is rendered before: {why}."
    elif missing:
        yield f"{missing} of its texts have no recording yet, and are spoken by the model."
    yield from doubts(flow)
