"""The page of one number: its form, what a caller will hear, and publishing it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bridge.console.draft import Draft, as_it_is, as_typed
from bridge.console.numbers_page import line_of, sentence_of
from bridge.console.parts import PREVIEWS
from bridge.console.preview import Lengths, NoPreview
from bridge.console.typed import in_words
from bridge.console.visits import Visit, let_in, page, whole
from bridge.console.wait_plan import plan_of
from bridge.flow.callflow import Callflow
from bridge.flow.interim import Interim, StaticInterim
from bridge.service.guards import Role
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.editing import overrides_in
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import Stale
from bridge.service.parts import AUDIT, FLOOR, LINES, PROMPTS, SWITCHBOARD, VOICES

DID = {
    "published": "Published: it holds from the next call on. Calls in progress stay as they are.",
    "trial": "On trial. Some callers meet it from now on.",
    "nothing": "Nothing differs from what serves; there is nothing to publish.",
}
LONGEST_NOTE = 500


@page("number.html")
async def show(visit: Visit) -> dict[str, Any]:
    """One number as it is."""
    draft = as_it_is(visit.part(LINES), _number(visit))
    return await _content(visit, draft, told=DID.get(visit.request.query.get("told", "")))


async def _content(visit: Visit, draft: Draft, **more: Any) -> dict[str, Any]:
    lines, store = visit.part(LINES), visit.part(PROMPTS)
    name, flow = lines.current.by_number[draft.number]
    now = visit.part(SWITCHBOARD).admission.now()
    floor = await visit.part(FLOOR).calls(visit.operator)
    on_line = [call.dialled for call in floor.calls]
    wanted = draft.flow or flow
    plans = await asyncio.to_thread(_plans, wanted, Lengths(store, wanted))
    return {
        "line": await line_of(draft.number, name, flow, store, now, on_line.count(draft.number)),
        "draft": draft,
        "flows": sorted(lines.authored.by_name),
        "serving": lines.serving,
        "trial": lines.trial,
        "refused": lines.refused,
        "can_publish": lines.file is not None,
        "is_in_file": overrides_in(lines.serving.text, draft.number) is not None,
        **plans,
        "interim": wanted.interim,
        "deliveries": wanted.deliveries,
        "facts": [] if visit.may_edit else _facts(draft),
        "told": None,
        "problem": "",
        "preview": None,
        "is_checked": False,
        "is_stale": False,
        "note": "",
        "percent": "10",
    } | more


def _plans(flow: Callflow, lengths: Lengths) -> dict[str, Any]:
    """What waits sound like: the flow's, and those of tools that have lines of their own."""
    own = [tool for tool in flow.tools.values() if tool.interim != flow.interim]
    return {
        "plan": plan_of(flow.interim, lengths),
        "others": _others(flow.interim),
        "of_tools": [
            (tool.name, tool.interim and plan_of(tool.interim, lengths), _others(tool.interim))
            for tool in own
        ],
    }


def _others(interim: Interim | None) -> tuple[str, ...]:
    """First lines that may be spoken in place of the one in the picture."""
    return interim.texts[1:] if isinstance(interim, StaticInterim) else ()


def _facts(draft: Draft) -> list[tuple[str, str]]:
    """The form for those who only look; whom the line does not serve is not their business."""
    return [
        (f"{section.title}: {each.label}", in_words(each, draft.typed.get(each.path, "")))
        for section in draft.sections
        for each in section.fields
        if each.path != "limits.blocked" and draft.typed.get(f"{section.name}.on", "on")
    ]


Deed = Callable[[Visit, Draft, dict[str, str]], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _deed(do: Deed) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        visit = await let_in(request, Role.EDITOR)
        number = _number(visit)
        form = [(name, str(value)) for name, value in (await request.post()).items()]
        draft = await as_typed(visit.part(LINES), number, form)
        return await do(visit, draft, dict(form))

    return handle


async def _picture(visit: Visit, draft: Draft, _: dict[str, str]) -> web.StreamResponse:
    return await visit.page("number_picture.html", **await _content(visit, draft))


async def _grow(visit: Visit, draft: Draft, given: dict[str, str]) -> web.StreamResponse:
    """One more empty row of a list."""
    rows = draft.typed.get(given.get("grow", ""))
    if isinstance(rows, list):
        rows.append({})
    return await visit.page("number.html", **await _content(visit, draft))


async def _check(visit: Visit, draft: Draft, given: dict[str, str]) -> web.StreamResponse:
    more = {"is_checked": True, "note": given.get("note", "")}
    return await visit.page("number.html", **await _content(visit, draft, **more))


async def _preview(visit: Visit, draft: Draft, given: dict[str, str]) -> web.StreamResponse:
    template = "number_preview.html" if "HX-Request" in visit.request.headers else "number.html"
    more: dict[str, Any] = {"preview": None, "problem": ""}
    try:
        more["preview"] = await _heard(visit, draft, given)
    except NoPreview as problem:
        more["problem"] = str(problem)
    return await visit.page(template, **await _content(visit, draft, **more))


async def _heard(visit: Visit, draft: Draft, given: dict[str, str]) -> Any:
    flow, store, voices = draft.flow, visit.part(PROMPTS), visit.part(VOICES)
    if flow is None:
        raise NoPreview("It cannot be heard before what is marked in the form is mended.")
    previews = visit.part(PREVIEWS)
    if given.get("hear") == "greeting":
        return await previews.greeting(flow, store, voices)
    if flow.interim is None:
        raise NoPreview("Nothing covers a wait on this line: the caller hears silence.")
    return await previews.wait(
        flow,
        flow.interim,
        store,
        voices,
        first=whole(given.get("first", "")) or 0,
        is_short=bool(given.get("short")),
    )


async def _publish(visit: Visit, draft: Draft, given: dict[str, str]) -> web.StreamResponse:
    lines, note = visit.part(LINES), given.get("note", "").strip()[:LONGEST_NOTE]
    if draft.base != lines.serving.number:
        return await _stale(visit, draft, note)
    if draft.flow is None:
        return await _refused(visit, draft, note, "")
    if draft.text == lines.serving.text:
        raise web.HTTPSeeOther(f"/console/numbers/{draft.number}?told=nothing")
    await visit.part(AUDIT).add(visit.operator, "numbers.publish", draft.number, note)
    try:
        await lines.publish(draft.text, by=visit.operator, note=note, base=draft.base)
    except Stale:
        return await _stale(visit, draft, note)
    except (BadNumbers, NumbersFileError) as error:
        return await _refused(visit, draft, note, sentence_of(error))
    raise web.HTTPSeeOther(f"/console/numbers/{draft.number}?told=published")


async def _try_out(visit: Visit, draft: Draft, given: dict[str, str]) -> web.StreamResponse:
    lines, note = visit.part(LINES), given.get("note", "").strip()[:LONGEST_NOTE]
    percent = given.get("percent", "")
    if draft.flow is None:
        return await _refused(visit, draft, note, "")
    await visit.part(AUDIT).add(visit.operator, "trial.begin", draft.number, f"{percent} % {note}")
    try:
        await lines.try_out(
            draft.text,
            whole(percent) or 0,
            by=visit.operator,
            note=note,
        )
    except (BadNumbers, ValueError) as error:
        return await _refused(visit, draft, note, str(error))
    raise web.HTTPSeeOther(f"/console/numbers/{draft.number}?told=trial")


async def _refused(visit: Visit, draft: Draft, note: str, problem: str) -> web.StreamResponse:
    more = {"is_checked": True, "note": note, "problem": problem}
    answer = await visit.page("number.html", **await _content(visit, draft, **more))
    answer.set_status(422)
    return answer


async def _stale(visit: Visit, draft: Draft, note: str) -> web.StreamResponse:
    """Show both: what somebody else has published meanwhile, and what is typed here."""
    more = {"is_checked": True, "is_stale": True, "note": note}
    content = await _content(visit, draft, **more)
    draft.base = visit.part(LINES).serving.number
    answer = await visit.page("number.html", **content)
    answer.set_status(412)
    return answer


def _number(visit: Visit) -> str:
    number = visit.request.match_info["number"]
    if number not in visit.part(LINES).current.by_number:
        raise web.HTTPNotFound(text="No call flow answers this number.")
    return number


async def play(request: web.Request) -> web.StreamResponse:
    """The sound of a preview."""
    visit = await let_in(request, Role.EDITOR)
    preview = visit.part(PREVIEWS).find(request.match_info["id"])
    if preview is None:
        raise web.HTTPNotFound(text="This is no longer kept; have it played again.")
    return web.Response(body=preview.wav, content_type="audio/wav")


DEEDS = {
    "picture": _deed(_picture),
    "grow": _deed(_grow),
    "check": _deed(_check),
    "preview": _deed(_preview),
    "publish": _deed(_publish),
    "trial": _deed(_try_out),
}
"""What a form can be sent to."""
