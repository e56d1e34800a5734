"""`/api/v1/numbers`, `/versions`, `/trial`, `/reload`: the operators' file, for programs.

Readers see it without the numbers of callers; editors change it. A change names the version that
it was made from in `If-Match`, so that nobody undoes what they have not seen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from aiohttp import web

from bridge.flow.numbers import is_e164
from bridge.service.floor.queries import read_query
from bridge.service.guards import Operator, Role
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.editing import NotToml, overrides_in, with_number, without_number
from bridge.service.numbers.orders import (
    Draft,
    EndOfTrial,
    NumberChange,
    Publication,
    TrialOrder,
    VersionsAsked,
    read_order,
)
from bridge.service.numbers.reading import BadNumbers, check_table
from bridge.service.numbers.told import (
    NumberDetail,
    NumbersTold,
    Problems,
    TrialState,
    VersionList,
    VersionText,
    VersionTold,
    without_callers,
)
from bridge.service.numbers.values import Stale
from bridge.service.numbers.versions import NoVersion
from bridge.service.parts import AUDIT, GUARDS, LINES

_MOST_DIGITS = 18
"""In the number of a version: SQLite counts no further."""


async def see_numbers(request: web.Request) -> web.Response:
    """Who answers which number; the file, and its version as ETag."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    return _answer(request, reader, NumbersTold.of(request.app[LINES]))


async def publish(request: web.Request) -> web.Response:
    """Have a whole file serve."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    order = await read_order(request, Publication)
    return await _published(request, editor, lambda _: order.text, order.note)


async def check(request: web.Request) -> web.Response:
    """Tell what would be wrong with a file."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    draft = await read_order(request, Draft)
    return _answer(request, editor, Problems(await request.app[LINES].changes.check(draft.text)))


async def see_number(request: web.Request) -> web.Response:
    """What one number does."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    told = NumberDetail.of(request.app[LINES], _number(request))
    if not told:
        raise web.HTTPNotFound(text="No flow answers this number.")
    return _answer(request, reader, told)


async def change_number(request: web.Request) -> web.Response:
    """Have one number do what a table says, and nothing else of the file change."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    number, order = _number(request), await read_order(request, NumberChange)

    def change(text: str) -> str:
        check_table(number, order.table)
        return with_number(text, number, order.table)

    return await _published(request, editor, change, order.note, number)


async def remove_number(request: web.Request) -> web.Response:
    """Take a number out of the file: the flow that names it in its module answers, or nobody."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    number = _number(request)
    if overrides_in(request.app[LINES].serving.text, number) is None:
        raise web.HTTPNotFound(text="The file does not have this number.")
    return await _published(
        request, editor, lambda text: without_number(text, number), about=number
    )


async def see_versions(request: web.Request) -> web.Response:
    """The newest versions, the newest first: `?limit=50`."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    versions = await request.app[LINES].versions.lines(read_query(request, VersionsAsked).limit)
    return _answer(request, reader, VersionList([VersionTold.of(each) for each in versions]))


async def see_version(request: web.Request) -> web.Response:
    """One version, with its text."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    with _refusals():
        line, text = await request.app[LINES].versions.get(_version(request))
    return _answer(request, reader, VersionText(VersionTold.of(line), text), text)


async def roll_back(request: web.Request) -> web.Response:
    """Publish the text of an earlier version anew."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    lines, to, base = request.app[LINES], _version(request), _base(request)
    await request.app[AUDIT].add(editor, "numbers.roll_back", str(to))
    with _refusals():
        await lines.roll_back(to, by=editor, base=base)
    return _answer(request, editor, NumbersTold.of(lines))


async def see_trial(request: web.Request) -> web.Response:
    """What is on trial."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    return _answer(request, reader, TrialState.of(request.app[LINES]))


async def try_out(request: web.Request) -> web.Response:
    """Have a version answer some callers."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    order, lines = await read_order(request, TrialOrder), request.app[LINES]
    what = order.what
    about = "a text" if isinstance(what, str) else str(what)
    await request.app[AUDIT].add(editor, "trial.begin", about, f"{order.percent} %, {order.note}")
    with _refusals():
        await lines.try_out(what, order.percent, by=editor, note=order.note)
    return _answer(request, editor, TrialState.of(lines))


async def end_trial(request: web.Request) -> web.Response:
    """End the trial; with `?keep=true`, what was on trial serves all callers."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    keep, lines = read_query(request, EndOfTrial).keep, request.app[LINES]
    tried = str(lines.trial.version.number) if lines.trial else ""
    await request.app[AUDIT].add(editor, "trial.end", tried, "kept" if keep == "true" else "")
    with _refusals():
        await lines.end_trial(by=editor, keep=keep == "true")
    return _answer(request, editor, NumbersTold.of(lines))


async def reload(request: web.Request) -> web.Response:
    """Read call flows and file anew, whether they have changed or not."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    await request.app[AUDIT].add(editor, "numbers.reload", "")
    await request.app[LINES].reload(anew=True)
    return _answer(request, editor, NumbersTold.of(request.app[LINES]))


async def _published(
    request: web.Request,
    editor: Operator,
    change: Callable[[str], str],
    note: str = "",
    about: str = "",
) -> web.Response:
    lines, base = request.app[LINES], _base(request)
    with _refusals():
        if base != lines.serving.number:
            raise Stale(f"Version {lines.serving.number} serves; look at it, and change that.")
        text = change(lines.serving.text)
        await request.app[AUDIT].add(editor, "numbers.publish", about, note)
        await lines.publish(text, by=editor, note=note, base=base)
    return _answer(request, editor, NumbersTold.of(lines))


def _answer(request: web.Request, to: Operator, content: Any, *texts: str) -> web.Response:
    lines = request.app[LINES]
    body = orjson.dumps(content).decode()
    if to.role < Role.EDITOR:
        body = without_callers(body, lines, *texts)
    headers = {"ETag": f'"{lines.serving.number}"', "Cache-Control": "no-store"}
    return web.json_response(text=body, headers=headers)


def _base(request: web.Request) -> int:
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not _is_version(given):
        raise web.HTTPPreconditionRequired(
            text="If-Match names the version that was changed: the ETag of GET /api/v1/numbers."
        )
    return int(given)


def _number(request: web.Request) -> str:
    number = request.match_info["number"]
    if not is_e164(number):
        raise web.HTTPNotFound(text="A number is in international form, with %2B for its plus.")
    return number


def _version(request: web.Request) -> int:
    version = request.match_info["version"]
    if not _is_version(version):
        raise web.HTTPNotFound(text="Versions have whole numbers.")
    return int(version)


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer with what is in the way, and the remedy."""
    try:
        yield
    except BadNumbers as bad:
        body = orjson.dumps(Problems(bad.problems)).decode()
        raise web.HTTPUnprocessableEntity(text=body, content_type="application/json") from bad
    except Stale as stale:
        raise web.HTTPPreconditionFailed(text=str(stale)) from stale
    except NotToml as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except NoVersion as none:
        raise web.HTTPNotFound(text=str(none)) from none
    except NumbersFileError as error:
        raise web.HTTPConflict(text=str(error)) from error
