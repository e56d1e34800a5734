"""`/api/v1/numbers`, `/versions`, `/trial`, `/reload`: the operators' file, for programs.

Readers see it without the numbers of callers; editors change it. A change names the version that
it was made from in `If-Match`, so that nobody undoes what they have not seen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.flow.numbers import is_e164
from bridge.service.bodies import LARGEST, read_body
from bridge.service.guards import Operator, Role
from bridge.service.numbers import told
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.editing import NotToml, overrides_in, with_number, without_number
from bridge.service.numbers.reading import BadNumbers, check_table
from bridge.service.numbers.values import Stale
from bridge.service.numbers.versions import NoVersion
from bridge.service.parts import GUARDS, LINES

MOST_VERSIONS = 500


class Order(BaseModel):
    """What is asked for in a body."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    note: str = Field("", max_length=500)
    """Why, for those who read the versions."""


class Publication(Order):
    """A file that is to serve."""

    text: str
    """The whole file, TOML."""


class Draft(BaseModel):
    """A file that might."""

    model_config = Order.model_config

    text: str


class NumberChange(Order):
    """What one number is to do."""

    table: dict[str, Any]
    """`flow`, and what differs from it, as in the file."""


class TrialOrder(Order):
    """A version that some callers are to meet."""

    percent: int = Field(ge=1, le=99)
    """Of callers."""
    version: int | None = None
    """The number of an earlier version; or `text`."""
    text: str | None = None


AnyOrder = TypeVar("AnyOrder", bound=BaseModel)


def add_numbers_doors(app: web.Application) -> None:
    """Open the doors."""
    router = app.router
    router.add_get("/api/v1/numbers", see_numbers)
    router.add_put("/api/v1/numbers", publish)
    router.add_post("/api/v1/numbers/check", check)
    router.add_get("/api/v1/numbers/{number}", see_number)
    router.add_put("/api/v1/numbers/{number}", change_number)
    router.add_delete("/api/v1/numbers/{number}", remove_number)
    router.add_get("/api/v1/versions", see_versions)
    router.add_get("/api/v1/versions/{version}", see_version)
    router.add_post("/api/v1/versions/{version}/rollback", roll_back)
    router.add_get("/api/v1/trial", see_trial)
    router.add_put("/api/v1/trial", try_out)
    router.add_delete("/api/v1/trial", end_trial)
    router.add_post("/api/v1/reload", reload)


async def see_numbers(request: web.Request) -> web.Response:
    """Who answers which number; the file, and its version as ETag."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    return _answer(request, reader, told.numbers(request.app[LINES]))


async def publish(request: web.Request) -> web.Response:
    """Have a whole file serve."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    order = await _order(request, Publication)
    return await _published(request, editor, lambda _: order.text, order.note)


async def check(request: web.Request) -> web.Response:
    """Tell what would be wrong with a file."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    draft = await _order(request, Draft)
    found = await request.app[LINES].check(draft.text)
    return _answer(request, editor, told.problems(found))


async def see_number(request: web.Request) -> web.Response:
    """What one number does."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    lines, number = request.app[LINES], _number(request)
    if not lines.current.name_at(number):
        raise web.HTTPNotFound(text="No flow answers this number.")
    return _answer(request, reader, told.number(lines, number))


async def change_number(request: web.Request) -> web.Response:
    """Have one number do what a table says, and nothing else of the file change."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    number, order = _number(request), await _order(request, NumberChange)
    with _refusals():
        check_table(number, order.table)

    def change(text: str) -> str:
        return with_number(text, number, order.table)

    return await _published(request, editor, change, order.note)


async def remove_number(request: web.Request) -> web.Response:
    """Take a number out of the file: the flow that names it in its module answers, or nobody."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    number = _number(request)
    if overrides_in(request.app[LINES].serving.text, number) is None:
        raise web.HTTPNotFound(text="The file does not have this number.")
    return await _published(request, editor, lambda text: without_number(text, number))


async def see_versions(request: web.Request) -> web.Response:
    """The newest versions, the newest first: `?limit=50`."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    limit = request.query.get("limit", "50")
    if not limit.isdecimal() or not 1 <= int(limit) <= MOST_VERSIONS:
        raise web.HTTPBadRequest(text=f"limit is a whole number from 1 to {MOST_VERSIONS}.")
    versions = await request.app[LINES].versions.lines(int(limit))
    return _answer(request, reader, {"versions": [told.version(each) for each in versions]})


async def see_version(request: web.Request) -> web.Response:
    """One version, with its text."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    with _refusals():
        line, text = await request.app[LINES].versions.get(_version(request))
    return _answer(request, reader, told.version(line) | {"text": text}, text)


async def roll_back(request: web.Request) -> web.Response:
    """Publish the text of an earlier version anew."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    lines, to = request.app[LINES], _version(request)
    with _refusals():
        await lines.roll_back(to, by=editor, base=_base(request))
    return _answer(request, editor, told.numbers(lines))


async def see_trial(request: web.Request) -> web.Response:
    """What is on trial."""
    reader = await request.app[GUARDS].operator(request, Role.READER)
    return _answer(request, reader, told.trial(request.app[LINES]))


async def try_out(request: web.Request) -> web.Response:
    """Have a version answer some callers."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    order, lines = await _order(request, TrialOrder), request.app[LINES]
    what = order.text if order.version is None else order.version
    if what is None or None not in (order.text, order.version):
        raise web.HTTPBadRequest(text="Give the version to try by its number, or a text: one.")
    with _refusals():
        await lines.try_out(what, order.percent, by=editor, note=order.note)
    return _answer(request, editor, told.trial(lines))


async def end_trial(request: web.Request) -> web.Response:
    """End the trial; with `?keep=true`, what was on trial serves all callers."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    keep = request.query.get("keep", "false")
    if keep not in ("true", "false"):
        raise web.HTTPBadRequest(text="keep is true or false.")
    with _refusals():
        await request.app[LINES].end_trial(by=editor, keep=keep == "true")
    return _answer(request, editor, told.numbers(request.app[LINES]))


async def reload(request: web.Request) -> web.Response:
    """Read call flows and file anew, whether they have changed or not."""
    editor = await request.app[GUARDS].operator(request, Role.EDITOR)
    await request.app[LINES].reload(anew=True)
    return _answer(request, editor, told.numbers(request.app[LINES]))


async def _published(
    request: web.Request, editor: Operator, change: Callable[[str], str], note: str = ""
) -> web.Response:
    lines, base = request.app[LINES], _base(request)
    with _refusals():
        if base != lines.serving.number:
            raise Stale(f"Version {lines.serving.number} serves; look at it, and change that.")
        await lines.publish(change(lines.serving.text), by=editor, note=note, base=base)
    return _answer(request, editor, told.numbers(lines))


def _answer(request: web.Request, to: Operator, content: Any, *texts: str) -> web.Response:
    serving = request.app[LINES].serving
    body = orjson.dumps(content).decode()
    if to.role < Role.EDITOR:
        tried = request.app[LINES].trial
        known = (*texts, serving.text, *([tried.version.text] if tried else []))
        body = told.without_callers(body, *known)
    headers = {"ETag": f'"{serving.number}"', "Cache-Control": "no-store"}
    return web.json_response(text=body, headers=headers)


def _base(request: web.Request) -> int:
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not given.isdecimal() or len(given) > 18:  # noqa: PLR2004 - what SQLite counts to
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
    if not version.isdecimal() or len(version) > 18:  # noqa: PLR2004 - as above
        raise web.HTTPNotFound(text="Versions have whole numbers.")
    return int(version)


async def _order(request: web.Request, kind: type[AnyOrder]) -> AnyOrder:
    body = await read_body(request, LARGEST * 2)
    try:
        return kind.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="The body must be JSON.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        where = {".".join(map(str, each["loc"])) or "body": each["msg"] for each in found}
        sentences = "; ".join(f"{field}: {says}" for field, says in where.items())
        raise web.HTTPBadRequest(text=f"The body is not as described: {sentences}.") from error


@contextmanager
def _refusals() -> Iterator[None]:
    """Answer with what is in the way, and the remedy."""
    try:
        yield
    except BadNumbers as bad:
        body = orjson.dumps(told.problems(bad.problems)).decode()
        raise web.HTTPUnprocessableEntity(text=body, content_type="application/json") from bad
    except Stale as stale:
        raise web.HTTPPreconditionFailed(text=str(stale)) from stale
    except NotToml as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except NoVersion as none:
        raise web.HTTPNotFound(text=str(none)) from none
    except NumbersFileError as error:
        raise web.HTTPConflict(text=str(error)) from error
