"""The REST interface of Call Automation: who may ask, about which call, and asking twice."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import orjson
from aiohttp import web

from bridge.lab.acs import shapes
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.operations import CALL_OPERATIONS
from bridge.lab.acs.people import PEOPLE_OPERATIONS
from bridge.lab.acs.prompts import PROMPT_OPERATIONS
from bridge.lab.acs.recordings import RECORDING_OPERATIONS
from bridge.lab.acs.replies import Refused, Reply, RestRequest, bad_body, call_not_found
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.signature import is_signed
from bridge.lab.acs.switches import Fault
from bridge.lab.acs.traffic import Exchange

_OPERATIONS = CALL_OPERATIONS | PEOPLE_OPERATIONS | PROMPT_OPERATIONS | RECORDING_OPERATIONS
_PATH = re.compile(
    r"/calling/(?P<room>callConnections|recordings)(?:/(?P<id>[\w=-]+))?"
    r"(?P<people>/participants(?:/(?P<raw_id>[^/]+))?)?(?::(?P<verb>\w+))?"
)


class CallAutomation:
    """Verifies requests, finds their call among `legs`, and runs each of them once.

    A token of an identity is taken, whatever it says. `place` makes the call that a
    request asks for; `note` is told of every request.
    """

    def __init__(
        self,
        access_key: str,
        legs: list[Leg],
        place: Callable[[Json], Leg],
        note: Callable[[Exchange], None],
    ) -> None:
        self.requests: list[RestRequest] = []
        self._access_key = access_key
        self._legs = legs
        self._place = place
        self._note = note
        self._saved: dict[str, tuple[Leg, Reply]] = {}
        self._faults_met: Counter[tuple[str, Fault]] = Counter()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer any request."""
        at_s = asyncio.get_running_loop().time()
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
        about = headers.get("X-Microsoft-Skype-Chain-ID", "")
        asked = (await request.read()).decode(errors="replace")
        name = f"{request.method} {request.path_qs}"
        self._note(Exchange(at_s, "request", name, about, status, asked, answer=content))
        if content is None:
            return web.Response(status=status, headers=headers)
        return web.json_response(content, status=status, headers=headers)

    async def _reply(self, request: web.Request, headers: dict[str, str]) -> Reply:
        raw = await request.read()
        has_identity = request.headers.get("Authorization", "").startswith("Bearer ")
        if not has_identity and not is_signed(request, raw, self._access_key):
            raise Refused(401, "Denied", "Denied by the resource provider.")
        asked = _asked(request, raw)
        self.requests.append(asked)
        key = request.headers.get("Repeatability-Request-ID", "")
        if key and (asked.call_connection_id or asked.path.endswith("recordings")):
            headers["Repeatability-Result"] = "accepted"
        if key in self._saved:
            leg, reply = self._saved[key]
            headers["X-Microsoft-Skype-Chain-ID"] = leg.connection.correlation_id
            return reply
        leg = self._place(asked.body) if asked.operation == "create" else self._leg(asked)
        headers["X-Microsoft-Skype-Chain-ID"] = leg.connection.correlation_id
        await self._meet_fault(leg, asked.operation)
        is_over = leg.conference.over.is_set() if _is_recording(asked) else leg.over.done()
        if is_over:
            raise call_not_found()
        reply = _OPERATIONS[asked.path](leg, asked)
        if key:
            self._saved[key] = leg, reply
        return reply

    def _leg(self, asked: RestRequest) -> Leg:
        is_its = _finder(asked)
        for leg in self._legs:
            if is_its(leg):
                return leg
        if asked.call_connection_id or _is_recording(asked):
            raise call_not_found()
        raise bad_body("Invalid request — The field IncomingCallContext is invalid.")

    async def _meet_fault(self, leg: Leg, name: str) -> None:
        fault, switches = None, leg.connection.switches
        if name == "answer":
            await asyncio.sleep(switches.answer_s)
            fault = switches.answer_error
        elif name in {"delete", "terminate"}:
            fault = switches.hang_up_error
        fault = fault or switches.errors.get(name)
        if fault and self._faults_met[leg.connection.id, fault] < fault.times:
            self._faults_met[leg.connection.id, fault] += 1
            raise Refused(fault.status, fault.code, "The service is not well.", fault.retry_after_s)


def _is_recording(asked: RestRequest) -> bool:
    return asked.operation.startswith("recordings:")


def _finder(asked: RestRequest) -> Callable[[Leg], bool]:
    """Return how to know the call that is meant."""
    if asked.recording_id:
        return lambda leg: leg.recorder.recording_id == asked.recording_id
    if asked.call_connection_id:
        wanted = asked.call_connection_id
        return lambda leg: bool(leg.connection.request) and leg.connection.id == wanted
    if _is_recording(asked):
        locator = asked.body.get("callLocator", {})
        names = {locator.get("serverCallId"), asked.body.get("callConnectionId")}
        return lambda leg: not names.isdisjoint({leg.connection.server_call_id, leg.connection.id})
    return lambda leg: leg.context == asked.body.get("incomingCallContext")


def _asked(request: web.Request, raw: bytes) -> RestRequest:
    """Read a request; `Refused` if it is none that the service knows."""
    path = _PATH.fullmatch(request.path)
    version = request.query.get("api-version", "")
    if path and version in shapes.API_VERSIONS:
        people = "/participants" * bool(path["people"]) + "/*" * bool(path["raw_id"])
        verb = f":{path['verb']}" if path["verb"] else ""
        template = f"{request.method} {path['room']}{'/*' * bool(path['id'])}{people}{verb}"
        if template in _OPERATIONS:
            about = (
                "recordings:" if path["room"] == "recordings" else "participants:" * bool(people)
            )
            bare = "create" if request.method == "POST" else request.method.lower()
            return RestRequest(
                operation=about + (path["verb"] or bare),
                call_connection_id=None if path["room"] == "recordings" else path["id"],
                body=_json(raw),
                headers=dict(request.headers),
                api_version=version,
                path=template,
                raw_id=path["raw_id"],
                recording_id=path["id"] if path["room"] == "recordings" else None,
            )
    raise Refused(404, "NotFound", f"No HTTP resource was found for {request.path}.")


def _json(raw: bytes) -> Json:
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise bad_body("Invalid request — The body is not a JSON object.")
    return body
