"""What the control API takes, as OpenAPI 3.1 has it."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

from bridge.lab.serve.stage import Json, Route


def describe(routes: Sequence[Route[Any]]) -> Json:
    """Return the description of all routes."""
    paths: dict[str, Json] = {}
    schemas: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The lab of Interlude",
            "version": "1",
            "description": "Directs stand-ins of two Azure services. No product of Microsoft's.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(route: Route[Any], schemas: Json) -> Json:
    said = inspect.cleandoc(route.handle.__doc__ or "")
    summary, _, more = said.partition("\n")
    operation: Json = {
        "summary": summary,
        "description": more.strip(),
        "responses": {
            "200": {"description": "Done."},
            "default": {"description": "Not done; `error` is a sentence that says why."},
        },
    }
    if names := re.findall(r"{(\w+)}", route.path):
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ]
    if route.schema is None:
        operation["requestBody"] = {"content": {"audio/wav": {}}, "required": True}
    elif route.schema.get("properties"):
        schema = dict(route.schema)
        schemas |= schema.pop("$defs", {})
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation
