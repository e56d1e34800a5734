"""What may be asked for in the query of a URL."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

Asked = TypeVar("Asked", bound="Query")

Name = Annotated[str, StringConstraints(max_length=200)]
Number = Annotated[int, Field(ge=0, le=2**53)]


def _in_utc(at: datetime) -> datetime:
    """The same; at the ends of the calendar, where there is none in UTC, the end."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""Of ISO 8601, with a zone: `2026-11-27T22:00:00Z`."""


class Query(BaseModel):
    """Fields are parameters; their docstrings are for the description of the API."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def read_query(request: web.Request, kind: type[Asked]) -> Asked:
    """What a request asks for.

    Raises:
        HTTPBadRequest: a parameter is unknown, wrong, or there twice.
    """
    try:
        return kind.model_validate(_once(request))
    except ValidationError as error:
        (first, *_) = error.errors(include_input=False)
        name = ".".join(map(str, first["loc"]))
        raise web.HTTPBadRequest(text=f"{name}: {first['msg']}.") from error


def _once(request: web.Request) -> dict[str, str]:
    given = dict(request.query)
    if len(given) < len(request.query):
        raise web.HTTPBadRequest(text="Each parameter may be given once.")
    return given


def parameters(kind: type[Query]) -> list[dict[str, Any]]:
    """The description of them."""
    described = []
    for name, schema in kind.model_json_schema()["properties"].items():
        more = {key: schema.pop(key) for key in ("description",) if key in schema}
        described.append({"name": name, "in": "query", "schema": schema, **more})
    return described
