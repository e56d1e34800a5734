"""What the REST interface does to a call, operation by operation."""

from collections.abc import Callable
from urllib.parse import urlsplit

from bridge.lab.acs import ends, shapes
from bridge.lab.acs.leg import DEFAULT_FORMAT, RATES_HZ, Leg
from bridge.lab.acs.shapes import Json

Reply = tuple[int, Json | None]
Operation = Callable[[Leg, Json, str], Reply]
"""Does what the body asks of the call; the third argument is the api-version."""

_MEDIA_RESTART_S = 0.2
"""From startMediaStreaming to the new socket; not documented."""


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


def call_not_found() -> Refused:
    """Return the error for a call that is over, or never was."""
    return Refused(404, "8522", "Call not found.")


def _answer(leg: Leg, body: Json, version: str) -> Reply:
    """Take a ringing call: 200, with its properties."""
    _check_ringing(leg)
    if not _is_callback(str(body.get("callbackUri"))):
        raise bad_body("Invalid request — The field CallbackUri is invalid.")
    match body:
        case {
            "mediaStreamingOptions": {
                "transportType": "websocket",
                "transportUrl": str(),
                "contentType": "audio",
                "enableBidirectional": True,
            } as media
        } if media.get("audioFormat", DEFAULT_FORMAT) in RATES_HZ:
            leg.answer(body, version)
        case _:
            raise Refused(400, "8500", "The lab takes bidirectional audio over a WebSocket only.")
    return 200, leg.properties()


def _reject(leg: Leg, body: Json, _: str) -> Reply:
    """Turn a ringing call down: 204."""
    _check_ringing(leg)
    leg.end(ends.rejected(body.get("callRejectReason", "none")))
    return 204, None


def _redirect(leg: Leg, body: Json, _: str) -> Reply:
    """Send a ringing call elsewhere: 204."""
    _check_ringing(leg)
    leg.end(ends.redirected(shapes.address(_participant(body, "target"))))
    return 204, None


def _get(leg: Leg, _body: Json, _version: str) -> Reply:
    """Tell what is known of a call: 200."""
    return 200, leg.properties()


def _hang_up(leg: Leg, _body: Json, _version: str) -> Reply:
    """End a call, for everyone or by leaving it alone with the caller: 204."""
    leg.end(ends.TERMINATED)
    return 204, None


def _transfer(leg: Leg, body: Json, _: str) -> Reply:
    """Begin to hand the caller to somebody else: 202, the result in a callback."""
    _check_established(leg)
    _participant(body, "targetParticipant")
    leg.transfer(body)
    return 202, _context(body)


def _start_media(leg: Leg, body: Json, _: str) -> Reply:
    """Open the media again: 202, the result in a callback."""
    _check_established(leg)
    leg.start_media(body, after_s=_MEDIA_RESTART_S)
    return 202, _context(body)


def _stop_media(leg: Leg, body: Json, _: str) -> Reply:
    """Close the media and keep the call: 202, the result in a callback."""
    _check_established(leg)
    leg.stop_media(body)
    return 202, _context(body)


def _check_ringing(leg: Leg) -> None:
    if leg.answered:
        raise Refused(409, "8519", "The call has been answered.")


def _check_established(leg: Leg) -> None:
    if not leg.established:
        raise Refused(400, "8501", "Action is invalid when call is not in Established state.")


def _is_callback(uri: str) -> bool:
    """Whether the service would call this URI: https, or this machine for the lab's sake."""
    url = urlsplit(uri)
    loopback = url.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and loopback))


def _participant(body: Json, name: str) -> Json:
    participant = body.get(name)
    if not isinstance(participant, dict) or "rawId" not in participant:
        raise bad_body(f"Invalid request — The field {name} is invalid.")
    return participant


def _context(body: Json) -> Json:
    context = body.get("operationContext")
    return {"operationContext": context} if context else {}


ON_RINGING: dict[str, Operation] = {"answer": _answer, "reject": _reject, "redirect": _redirect}
"""By the verb of the URL, for a call that is known by its incomingCallContext."""
ON_CONNECTION: dict[str, Operation] = {
    "get": _get,
    "delete": _hang_up,
    "terminate": _hang_up,
    "transferToParticipant": _transfer,
    "startMediaStreaming": _start_media,
    "stopMediaStreaming": _stop_media,
}
"""By the verb, or else the method, for a call that is known by its callConnectionId."""
