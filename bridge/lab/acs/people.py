"""What the REST interface does to the people in a call."""

from typing import Any

from bridge.lab.acs import shapes
from bridge.lab.acs.circuit import Circuit
from bridge.lab.acs.ends import TERMINATED
from bridge.lab.acs.leg import Leg
from bridge.lab.acs.replies import (
    Operation,
    Refused,
    Reply,
    RestRequest,
    bad_body,
    bad_field,
    check_established,
    context,
    participant,
)
from bridge.lab.acs.shapes import Json

_LONGEST_INVITATION_S = 180
"""Microsoft's reference."""


def _list(leg: Leg, _: RestRequest) -> Reply:
    """Tell who is there: 200."""
    return 200, {"value": leg.roster.participants()}


def _get(leg: Leg, asked: RestRequest) -> Reply:
    """Tell of one who is there: 200."""
    for one in leg.roster.participants():
        if one["identifier"]["rawId"] == asked.raw_id:
            return 200, one
    raise Refused(404, "8522", "Participant not found.")


def _add(leg: Leg, asked: RestRequest) -> Reply:
    """Ring somebody: 202, the result in a callback."""
    check_established(leg)
    target = participant(asked.body, "participantToAdd")
    timeout_s: Any = asked.body.get("invitationTimeoutInSeconds", 1)
    if not isinstance(timeout_s, int) or not 0 < timeout_s <= _LONGEST_INVITATION_S:
        raise bad_field("InvitationTimeoutInSeconds")
    if "phoneNumber" in target and "sourceCallerIdNumber" not in asked.body:
        raise bad_field("SourceCallerIdNumber")
    return 202, {
        "participant": {"identifier": shapes.identified(target), "isMuted": False},
        "invitationId": leg.invitations.add(asked.body),
        **context(asked.body),
    }


def _cancel(leg: Leg, asked: RestRequest) -> Reply:
    """Stop ringing somebody: 202, the result in a callback."""
    check_established(leg)
    invitation_id = asked.body.get("invitationId")
    if not isinstance(invitation_id, str):
        raise bad_field("InvitationId")
    leg.invitations.cancel(asked.body)
    return 202, {"invitationId": invitation_id, **context(asked.body)}


def _remove(leg: Leg, asked: RestRequest) -> Reply:
    """Show somebody out: 202, the result in a callback."""
    check_established(leg)
    target = participant(asked.body, "participantToRemove")
    told = {"participant": shapes.identified(target)}
    if circuit := leg.roster.find(target["rawId"]):
        told["resultInformation"] = shapes.OK
        leg.connection.post("RemoveParticipantSucceeded", told, asked.body)
        leg.part(circuit, TERMINATED)
    else:
        told |= shapes.failure(404, 8522)
        leg.connection.post("RemoveParticipantFailed", told, asked.body)
    return 202, context(asked.body)


def _mute(leg: Leg, asked: RestRequest) -> Reply:
    """Have somebody heard by nobody: 200."""
    check_established(leg)
    targets = asked.body.get("targetParticipants") or [{}]
    circuit = leg.roster.find(participant({"target": targets[0]}, "target")["rawId"])
    if circuit is None:
        raise bad_field("TargetParticipants")
    circuit.muted = True
    leg.roster.tell()
    return 200, context(asked.body)


def _hold(leg: Leg, asked: RestRequest) -> Reply:
    """Put somebody on hold: 200, without a body."""
    circuit = present(leg, asked.body)
    source = asked.body.get("playSourceInfo")
    if source and source.get("kind") != "file":
        raise bad_body("The lab plays files only.")
    leg.roster.hold(circuit, asked.body)
    return 200, None


def _unhold(leg: Leg, asked: RestRequest) -> Reply:
    """Take somebody back: 200, without a body."""
    leg.roster.unhold(present(leg, asked.body))
    return 200, None


def present(leg: Leg, body: Json) -> Circuit:
    """Return the participant that a request is about; `Refused` for one who is not there."""
    check_established(leg)
    if circuit := leg.roster.find(participant(body, "targetParticipant")["rawId"]):
        return circuit
    raise bad_field("TargetParticipant")


PEOPLE_OPERATIONS: dict[str, Operation] = {
    "GET callConnections/*/participants": _list,
    "GET callConnections/*/participants/*": _get,
    "POST callConnections/*/participants:add": _add,
    "POST callConnections/*/participants:cancelAddParticipant": _cancel,
    "POST callConnections/*/participants:remove": _remove,
    "POST callConnections/*/participants:mute": _mute,
    "POST callConnections/*:hold": _hold,
    "POST callConnections/*:unhold": _unhold,
}
"""By method and path, with an asterisk for each id."""
