"""What the REST interface does to a call, operation by operation."""

from bridge.lab.acs import ends, shapes
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.replies import (
    Operation,
    Refused,
    Reply,
    RestRequest,
    check_call,
    check_established,
    context,
    participant,
)


def _answer(leg: Leg, asked: RestRequest) -> Reply:
    """Take a ringing call: 200, with its properties."""
    _check_ringing(leg)
    check_call(asked.body, leg.connection.switches)
    leg.connection.take(asked.body, asked.api_version)
    leg.pick_up()
    return 200, leg.properties()


def _reject(leg: Leg, asked: RestRequest) -> Reply:
    """Turn a ringing call down: 204."""
    _check_ringing(leg)
    leg.end(ends.rejected(asked.body.get("callRejectReason", "none")))
    return 204, None


def _redirect(leg: Leg, asked: RestRequest) -> Reply:
    """Send a ringing call elsewhere: 204."""
    _check_ringing(leg)
    leg.end(ends.redirected(shapes.address(participant(asked.body, "target"))))
    return 204, None


def _create(leg: Leg, asked: RestRequest) -> Reply:
    """Call somebody: 201, with the properties of a call that does not know its server yet."""
    leg.connection.take(asked.body, asked.api_version)
    properties = leg.properties()
    del properties["serverCallId"]
    return 201, properties


def _get(leg: Leg, _: RestRequest) -> Reply:
    """Tell what is known of a call: 200."""
    return 200, leg.properties()


def _terminate(leg: Leg, _: RestRequest) -> Reply:
    """End a call for everybody: 204."""
    leg.end(ends.TERMINATED)
    return 204, None


def _leave(leg: Leg, _: RestRequest) -> Reply:
    """Leave a call to those who are in it: 204."""
    leg.leave()
    return 204, None


def _transfer(leg: Leg, asked: RestRequest) -> Reply:
    """Begin to hand the caller to somebody else: 202, the result in a callback."""
    check_established(leg)
    participant(asked.body, "targetParticipant")
    leg.transfer(asked.body)
    return 202, context(asked.body)


def _start_media(leg: Leg, asked: RestRequest) -> Reply:
    """Open the media again: 202, the result in a callback."""
    check_established(leg)
    leg.link.restart(asked.body)
    return 202, context(asked.body)


def _stop_media(leg: Leg, asked: RestRequest) -> Reply:
    """Close the media and keep the call: 202, the result in a callback."""
    check_established(leg)
    leg.connection.tasks.create_task(leg.link.stop(asked.body))
    return 202, context(asked.body)


def _recognize_keys(leg: Leg, asked: RestRequest) -> Reply:
    """Report keys in callbacks: 200, without a body."""
    check_established(leg)
    participant(asked.body, "targetParticipant")
    leg.keys.recognize(asked.body)
    return 200, None


def _ignore_keys(leg: Leg, asked: RestRequest) -> Reply:
    """Report them no longer: 200, without a body."""
    check_established(leg)
    participant(asked.body, "targetParticipant")
    leg.keys.stop(asked.body)
    return 200, None


def _check_ringing(leg: Leg) -> None:
    if leg.picked_up:
        raise Refused(409, "8519", "The call has been answered.")


CALL_OPERATIONS: dict[str, Operation] = {
    "POST callConnections": _create,
    "POST callConnections:answer": _answer,
    "POST callConnections:reject": _reject,
    "POST callConnections:redirect": _redirect,
    "GET callConnections/*": _get,
    "DELETE callConnections/*": _leave,
    "POST callConnections/*:terminate": _terminate,
    "POST callConnections/*:transferToParticipant": _transfer,
    "POST callConnections/*:startMediaStreaming": _start_media,
    "POST callConnections/*:stopMediaStreaming": _stop_media,
    "POST callConnections/*:startContinuousDtmfRecognition": _recognize_keys,
    "POST callConnections/*:stopContinuousDtmfRecognition": _ignore_keys,
}
"""By method and path, with an asterisk for each id."""
