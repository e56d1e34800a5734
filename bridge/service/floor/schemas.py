"""Pieces of the OpenAPI 3.1 description, beside the doors that they describe."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

_SENTENCES = {
    400: "What is asked for makes no sense; the body is a sentence.",
    401: "Nobody who was let in.",
    403: "This needs another role, or no key is set.",
    404: "There is no such thing, or no more.",
    409: "Not possible now; the body is a sentence.",
    412: "Something else has changed meanwhile; the body is a sentence.",
    413: "The body is too large.",
    428: "If-Match is missing.",
    502: "A replica that has the call, or may have it, does not answer; the body is a sentence.",
    503: "Too many watch already; Retry-After says when to try again.",
}


def operation(
    summary: str,
    responses: dict[str, Any],
    *,
    parameters: Sequence[dict[str, Any]] = (),
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One operation, open to operators; a response may be a pair of what it is and its type."""
    described: dict[str, Any] = {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            status: _json(*response) if isinstance(response, tuple) else response
            for status, response in (responses | replies(401, 403)).items()
        },
    }
    if body:
        described["requestBody"] = {
            "required": bool(body.get("required")),
            "content": {"application/json": {"schema": body}},
        }
    return described


def replies(*statuses: int) -> dict[str, Any]:
    """Answers that are a sentence."""
    return {str(status): {"description": _SENTENCES[status]} for status in statuses}


def _json(description: str, kind: Any) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": schema_of(kind)}},
    }


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON schema of a type of ours as it is sent, without references."""
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    known = schema.pop("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return whole(known[part["$ref"].rpartition("/")[2]])
        return {name: whole(each) for name, each in part.items()}

    inlined: dict[str, Any] = whole(schema)
    return inlined
