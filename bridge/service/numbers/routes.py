"""The routes to the operators' file, and their description as OpenAPI 3.1 has it."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel

from bridge.service.floor.queries import parameters
from bridge.service.floor.schemas import operation, replies
from bridge.service.numbers import doors
from bridge.service.numbers.orders import (
    Draft,
    EndOfTrial,
    NumberChange,
    Publication,
    TrialOrder,
    VersionsAsked,
)
from bridge.service.numbers.told import (
    NumberDetail,
    NumbersTold,
    Problems,
    TrialState,
    VersionList,
    VersionText,
)


def add_numbers_doors(app: web.Application) -> None:
    """Open the doors."""
    router = app.router
    router.add_get("/api/v1/numbers", doors.see_numbers)
    router.add_put("/api/v1/numbers", doors.publish)
    router.add_post("/api/v1/numbers/check", doors.check)
    router.add_get("/api/v1/numbers/{number}", doors.see_number)
    router.add_put("/api/v1/numbers/{number}", doors.change_number)
    router.add_delete("/api/v1/numbers/{number}", doors.remove_number)
    router.add_get("/api/v1/versions", doors.see_versions)
    router.add_get("/api/v1/versions/{version}", doors.see_version)
    router.add_post("/api/v1/versions/{version}/rollback", doors.roll_back)
    router.add_get("/api/v1/trial", doors.see_trial)
    router.add_put("/api/v1/trial", doors.try_out)
    router.add_delete("/api/v1/trial", doors.end_trial)
    router.add_post("/api/v1/reload", doors.reload)


def _body(order: type[BaseModel]) -> dict[str, Any]:
    return order.model_json_schema()


_NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "description": "In international form.",
    "schema": {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"},
}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The version that was changed: the ETag of `GET /api/v1/numbers`.",
    "schema": {"type": "string", "pattern": r'^"[0-9]{1,18}"$'},
}

_SERVES = {"200": ("What serves now.", NumbersTold)}
_REFUSED = {"422": ("What is wrong with it; the version before serves on.", Problems)}
_CHANGED = _SERVES | _REFUSED | replies(409, 412, 428)

PATHS: dict[str, Any] = {
    "/api/v1/numbers": {
        "get": operation("Who answers which number, and the file that says so.", _SERVES),
        "put": operation(
            "Have a whole file serve.",
            _CHANGED | replies(400, 413),
            parameters=[_IF_MATCH],
            body=_body(Publication),
        ),
    },
    "/api/v1/numbers/check": {
        "post": operation(
            "What would be wrong with a file.",
            {"200": ("All of it; nothing, if it could serve.", Problems)} | replies(400, 413),
            body=_body(Draft),
        )
    },
    "/api/v1/numbers/{number}": {
        "get": operation(
            "What one number does.",
            {"200": ("Its flow, and what operators may change.", NumberDetail)} | replies(404),
            parameters=[_NUMBER],
        ),
        "put": operation(
            "Have one number do what a table says; comments in the file stay.",
            _CHANGED | replies(400, 404, 413),
            parameters=[_NUMBER, _IF_MATCH],
            body=_body(NumberChange),
        ),
        "delete": operation(
            "Take a number out of the file.",
            _CHANGED | replies(404),
            parameters=[_NUMBER, _IF_MATCH],
        ),
    },
    "/api/v1/versions": {
        "get": operation(
            "The newest versions, the newest first.",
            {"200": ("Who made them, and when.", VersionList)} | replies(400),
            parameters=parameters(VersionsAsked),
        )
    },
    "/api/v1/versions/{version}": {
        "get": operation(
            "One version.",
            {"200": ("With its text.", VersionText)} | replies(404),
            parameters=[_VERSION],
        )
    },
    "/api/v1/versions/{version}/rollback": {
        "post": operation(
            "Publish the text of an earlier version anew.",
            _CHANGED | replies(404),
            parameters=[_VERSION, _IF_MATCH],
        )
    },
    "/api/v1/trial": {
        "get": operation("What is on trial.", {"200": ("That, or null.", TrialState)}),
        "put": operation(
            "Have a version answer some callers, each of them whenever they call.",
            {"200": ("What is on trial.", TrialState)} | _REFUSED | replies(400, 404, 413),
            body=_body(TrialOrder),
        ),
        "delete": operation(
            "End the trial, and keep what was on trial, or not.",
            _SERVES | _REFUSED | replies(400, 404, 409),
            parameters=parameters(EndOfTrial),
        ),
    },
    "/api/v1/reload": {
        "post": operation("Read call flows and file anew from disk.", _SERVES),
    },
}
