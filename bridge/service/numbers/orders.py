"""What is asked for at the doors of the operators' file, in JSON."""

from typing import Any, Literal, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.service.bodies import LARGEST, read_body
from bridge.service.floor.queries import Query

MOST_VERSIONS = 500


class Draft(BaseModel):
    """A file that might serve."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    text: str
    """The whole file, TOML."""


class VersionsAsked(Query):
    """Which versions to show."""

    limit: int = Field(50, ge=1, le=MOST_VERSIONS)
    """So many at most, the newest first."""


class EndOfTrial(Query):
    """What becomes of what was on trial."""

    keep: Literal["true", "false"] = "false"
    """`true`: it serves all callers."""


class Order(BaseModel):
    """Something that is to happen."""

    model_config = Draft.model_config

    note: str = Field("", max_length=500)
    """Why, for those who read the versions."""


class Publication(Order):
    """A file that is to serve."""

    text: str
    """The whole file, TOML."""


class NumberChange(Order):
    """What one number is to do."""

    table: dict[str, Any]
    """`flow`, and what differs from it, as in the file."""


class TrialOrder(Order):
    """A version that some callers are to meet: an earlier one, or a text."""

    percent: int = Field(ge=1, le=99)
    """Of callers."""
    version: int | None = Field(None, ge=1, lt=1 << 63)
    """The number of an earlier version."""
    text: str | None = None
    """Or a whole file, TOML."""

    @property
    def what(self) -> str | int:
        """The one or the other.

        Raises:
            HTTPBadRequest: neither, or both.
        """
        what = self.text if self.version is None else self.version
        if what is None or None not in (self.text, self.version):
            raise web.HTTPBadRequest(text="Give the version to try by its number, or a text: one.")
        return what


AnyOrder = TypeVar("AnyOrder", bound=BaseModel)


async def read_order(request: web.Request, kind: type[AnyOrder]) -> AnyOrder:
    """Read a body; what is wrong with it is told, and not repeated.

    Raises:
        HTTPException: it is none of that kind.
    """
    body = await read_body(request, LARGEST * 2)
    try:
        return kind.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise web.HTTPBadRequest(text="The body must be JSON.") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        named = {name for each in found for name in each["loc"]} & kind.model_fields.keys()
        about = ", ".join(sorted(map(str, named))) or "the body"
        says = "; ".join(sorted({each["msg"] for each in found}))
        raise web.HTTPBadRequest(text=f"The body is not as described: {about}: {says}.") from error
