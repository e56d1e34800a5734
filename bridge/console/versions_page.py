"""The pages of versions: who changed what, when; trials, and the way back."""

from difflib import unified_diff
from typing import Any

from aiohttp import web

from bridge.console.visits import Visit, let_in, page, whole
from bridge.service.guards import Role
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.told import without_callers
from bridge.service.numbers.values import Stale
from bridge.service.numbers.versions import NoVersion
from bridge.service.parts import AUDIT, LINES

SHOWN = 100

DID = {
    "rolled_back": "The earlier version serves again, under a new number.",
    "kept": "The version that was on trial serves all callers.",
    "ended": "The trial is over; all callers meet the version that serves.",
}


@page("versions.html")
async def show(visit: Visit) -> dict[str, Any]:
    """The newest versions, the newest first."""
    return await _content(visit, told=DID.get(visit.request.query.get("told", "")))


async def _content(visit: Visit, **more: Any) -> dict[str, Any]:
    lines = visit.part(LINES)
    return {
        "versions": await lines.versions.lines(SHOWN),
        "serving": lines.serving,
        "trial": lines.trial,
        "refused": lines.refused,
        "told": None,
        "problem": "",
    } | more


@page("version.html")
async def show_version(visit: Visit) -> dict[str, Any]:
    """One version: what it changed, and what going back to it would."""
    lines, number = visit.part(LINES), _version(visit.request)
    known = await lines.versions.lines(10 * SHOWN)
    try:
        line, text = await lines.versions.get(number)
    except NoVersion as error:
        raise web.HTTPNotFound(text=str(error)) from error
    before = next((each.number for each in known if each.number < number), None)
    text_before = (await lines.versions.get(before))[1] if before else ""
    return {
        "version": line,
        "before": before,
        "serving": lines.serving,
        "did": _diff(visit, text_before, text),
        "back": _diff(visit, lines.serving.text, text),
        "text": _shown(visit, text),
    }


def _diff(visit: Visit, before: str, after: str) -> list[tuple[str, str]]:
    """Lines of a unified diff, each with what it is."""
    was, now = (_shown(visit, text).splitlines() for text in (before, after))
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = list(unified_diff(was, now, lineterm="", n=3))[2:]
    return [(kinds.get(line[:1], "same"), line) for line in lines]


def _shown(visit: Visit, text: str) -> str:
    return text if visit.may_edit else without_callers(text, visit.part(LINES), text)


async def roll_back(request: web.Request) -> web.StreamResponse:
    """Have an earlier version serve again."""
    visit = await let_in(request, Role.EDITOR)
    lines, to = visit.part(LINES), _version(request)
    base = str((await request.post()).get("base", ""))
    await visit.part(AUDIT).add(visit.operator, "numbers.roll_back", str(to))
    try:
        await lines.roll_back(to, by=visit.operator, base=whole(base) or 0)
    except NoVersion as error:
        raise web.HTTPNotFound(text=str(error)) from error
    except (Stale, BadNumbers, NumbersFileError) as error:
        return await _refused(visit, str(error))
    raise web.HTTPSeeOther("/console/versions?told=rolled_back")


async def end_trial(request: web.Request) -> web.StreamResponse:
    """End the trial: the version on trial serves all callers, or none."""
    visit = await let_in(request, Role.EDITOR)
    keep = (await request.post()).get("keep") == "yes"
    await visit.part(AUDIT).add(visit.operator, "trial.end", "keep" if keep else "drop")
    try:
        await visit.part(LINES).end_trial(by=visit.operator, keep=keep)
    except (NoVersion, BadNumbers, NumbersFileError) as error:
        return await _refused(visit, str(error))
    raise web.HTTPSeeOther(f"/console/versions?told={'kept' if keep else 'ended'}")


async def _refused(visit: Visit, problem: str) -> web.StreamResponse:
    answer = await visit.page("versions.html", **await _content(visit, problem=problem))
    answer.set_status(409)
    return answer


def _version(request: web.Request) -> int:
    version = whole(request.match_info["version"])
    if version is None:
        raise web.HTTPNotFound(text="Versions have whole numbers.")
    return version
