"""What the REST interface is asked, and what it may say."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.lab.acs import shapes
from bridge.lab.acs.leg import DEFAULT_FORMAT, RATES_HZ, Leg
from bridge.lab.acs.shapes import Json
from bridge.lab.acs.switches import Switches

Reply = tuple[int, Json | None]


@dataclass(frozen=True)
class RestRequest:
    """A request as it came.

    `operation` is the verb in its URL, or else `get`, `delete` or `create`; for participants and
    recordings with that before it, such as `participants:add` or `recordings:create`.
    """

    operation: str
    call_connection_id: str | None
    body: Json
    headers: dict[str, str]
    api_version: str
    path: str
    """Method and path, with an asterisk for each id."""
    raw_id: str | None = None
    """Of the participant in the URL."""
    recording_id: str | None = None
    """Of the recording in the URL."""


Operation = Callable[[Leg, RestRequest], Reply]
"""Does what is asked of the call."""


class Refused(Exception):
    """An operation that the service answers with an error."""

    def __init__(
        self, status: int, code: str, message: str, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


def bad_body(message: str) -> Refused:
    """Return the error for a request that cannot be understood."""
    return Refused(400, "8523", message)


def bad_field(name: str) -> Refused:
    """Return the error for a field that is missing, or makes no sense."""
    return bad_body(f"Invalid request — The field {name} is invalid.")


def call_not_found() -> Refused:
    """Return the error for a call that is over, or never was."""
    return Refused(404, "8522", "Call not found.")


def check_established(leg: Leg) -> None:
    """Refuse what can be done in a call that is established only."""
    if not leg.established:
        raise Refused(400, "8501", "Action is invalid when call is not in Established state.")


def check_call(body: Json, switches: Switches) -> None:
    """Refuse an answer or a call with callbacks or media that the service would not take."""
    if not is_callback(str(body.get("callbackUri")), by_http=switches.callbacks_by_http):
        raise bad_field("CallbackUri")
    match body:
        case _ if not body.get("mediaStreamingOptions"):
            return
        case {
            "mediaStreamingOptions": {
                "transportType": "websocket",
                "transportUrl": str(),
                "contentType": "audio",
                "enableBidirectional": True,
            } as media
        } if media.get("audioFormat", DEFAULT_FORMAT) in RATES_HZ:
            return
    raise Refused(400, "8500", "The lab takes bidirectional audio over a WebSocket only.")


def callee_of(body: Json, switches: Switches) -> tuple[str, str]:
    """Return from which number somebody is to be called, and who."""
    check_call(body, switches)
    match body:
        case {"targets": [{"rawId": str()} as target]}:
            pass
        case _:
            raise bad_body("The lab calls one person at a time.")
    source = body.get("sourceCallerIdNumber", {}).get("value", "")
    if "phoneNumber" in target and not source:
        raise bad_field("SourceCallerIdNumber")
    return source, shapes.address(target)


def is_callback(uri: str, *, by_http: bool) -> bool:
    """Whether the service would call this URI: https, or this machine for the lab's sake."""
    url = urlsplit(uri)
    near = by_http or url.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and near))


def participant(body: Json, name: str) -> Json:
    """Return a participant of a request."""
    named = body.get(name)
    if not isinstance(named, dict) or "rawId" not in named:
        raise bad_field(name)
    return named


def context(body: Json) -> Json:
    """Return what nearly every operation answers."""
    given = body.get("operationContext")
    return {"operationContext": given} if given else {}
