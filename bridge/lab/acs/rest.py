"""The REST interface of Call Automation: who may ask, about which call, and asking twice."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from uuid import uuid4

import orjson
from aiohttp import web

from bridge.lab.acs import shapes
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.operations import (
    ON_CONNECTION,
    ON_RINGING,
    Operation,
    Refused,
    Reply,
    bad_body,
    call_not_found,
)
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.signature import is_signed
from bridge.lab.acs.switches import Fault

_PATH = re.compile(r"/calling/callConnections(?:/(?P<connection>[\w-]+))?(?::(?P<verb>\w+))?")


@dataclass(frozen=True)
class RestRequest:
    """A request as it came; `operation` is the verb in its URL, or else `get` or `delete`."""

    operation: str
    call_connection_id: str | None
    body: Json
    headers: dict[str, str]


class CallAutomation:
    """Verifies requests, finds their call among `legs`, and runs each of them once."""

    def __init__(self, access_key: str, legs: list[Leg]) -> None:
        self.requests: list[RestRequest] = []
        self._access_key = access_key
        self._legs = legs
        self._saved: dict[str, Reply] = {}
        self._faults_met: Counter[tuple[str, Fault]] = Counter()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer any request."""
        headers = {
            "MS-CV": f"{uuid4().hex}.0",
            "X-Cache": "CONFIG_NOCACHE",
            "Strict-Transport-Security": "max-age=2592000",
            "api-supported-versions": ", ".join(shapes.API_VERSIONS),
            "x-ms-client-request-id": request.headers.get("x-ms-client-request-id", ""),
        }
        try:
            status, content = await self._reply(request, headers)
        except Refused as refused:
            status = refused.status
            content = {"error": {"code": refused.code, "message": str(refused)}}
            if refused.retry_after_s is not None:
                headers["Retry-After"] = str(refused.retry_after_s)
        if content is None:
            return web.Response(status=status, headers=headers)
        return web.json_response(content, status=status, headers=headers)

    async def _reply(self, request: web.Request, headers: dict[str, str]) -> Reply:
        raw = await request.read()
        if not is_signed(request, raw, self._access_key):
            raise Refused(401, "Denied", "Denied by the resource provider.")
        name, connection_id, operation = _routed(request)
        asked = RestRequest(name, connection_id, _json(raw), dict(request.headers))
        self.requests.append(asked)
        leg = self._leg(asked)
        headers["X-Microsoft-Skype-Chain-ID"] = leg.correlation_id
        key = request.headers.get("Repeatability-Request-ID", "")
        if key and asked.call_connection_id:
            headers["Repeatability-Result"] = "accepted"
        if key in self._saved:
            return self._saved[key]
        await self._meet_fault(leg, name)
        if leg.over.done():
            raise call_not_found()
        reply = operation(leg, asked.body, request.query["api-version"])
        if key:
            self._saved[key] = reply
        return reply

    def _leg(self, asked: RestRequest) -> Leg:
        for leg in self._legs:
            if asked.call_connection_id is None:
                if leg.context == asked.body.get("incomingCallContext"):
                    return leg
            elif leg.answered and leg.connection_id == asked.call_connection_id:
                return leg
        if asked.call_connection_id is None:
            raise bad_body("Invalid request — The field IncomingCallContext is invalid.")
        raise call_not_found()

    async def _meet_fault(self, leg: Leg, name: str) -> None:
        fault = None
        if name == "answer":
            await asyncio.sleep(leg.switches.answer_s)
            fault = leg.switches.answer_error
        elif name in {"delete", "terminate"}:
            fault = leg.switches.hang_up_error
        if fault and self._faults_met[leg.connection_id, fault] < fault.times:
            self._faults_met[leg.connection_id, fault] += 1
            raise Refused(fault.status, fault.code, "The service is not well.", fault.retry_after_s)


def _routed(request: web.Request) -> tuple[str, str | None, Operation]:
    """Return what is asked: its name, of which connection, and how it is done."""
    path = _PATH.fullmatch(request.path)
    if path and request.query.get("api-version") in shapes.API_VERSIONS:
        name = path["verb"] or request.method.lower()
        operation = (ON_CONNECTION if path["connection"] else ON_RINGING).get(name)
        if operation and bool(path["verb"]) == (request.method == "POST"):
            return name, path["connection"], operation
    raise Refused(404, "NotFound", f"No HTTP resource was found for {request.path}.")


def _json(raw: bytes) -> Json:
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise bad_body("Invalid request — The body is not a JSON object.")
    return body
