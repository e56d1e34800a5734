"""Who calls whom, and how the service puts it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.lab.acs import shapes
from bridge.lab.acs.connection import Connection
from bridge.lab.acs.shapes import Json


@dataclass(frozen=True)
class Route:
    """Both ends of a call; addresses are numbers, or raw ids."""

    caller: str
    callee: str
    outbound: bool = False
    sip_headers: Mapping[str, str] = field(default_factory=dict)
    """What the caller's network tells the one who is called."""
    display_name: str = ""
    """Of the caller; mostly empty, as recorded."""

    @property
    def person(self) -> str:
        """The end that is not the bridge."""
        return self.callee if self.outbound else self.caller

    def incoming(self, connection: Connection, context: str) -> Json:
        """Return the data of IncomingCall."""
        kind = connection.switches.kind
        data = {
            "to": shapes.identifier(self.callee, kind),
            "from": shapes.identifier(self.caller, kind),
            "serverCallId": connection.server_call_id,
            "callerDisplayName": self.display_name,
            "incomingCallContext": context,
            "correlationId": connection.correlation_id,
        }
        if self.sip_headers:
            data["customContext"] = {"sipHeaders": dict(self.sip_headers), "voipHeaders": {}}
        return data

    def properties(self, connection: Connection, *, established: bool) -> Json:
        """Return what the REST interface says about the call."""
        properties = {
            "callConnectionId": connection.id,
            "serverCallId": connection.server_call_id,
            "callConnectionState": (
                "connected" if established else connection.switches.answered_state
            ),
            "callbackUri": connection.request["callbackUri"],
            "sourceDisplayName": "",
            "correlationId": connection.correlation_id,
        }
        if not self.outbound:
            return properties | {
                "targets": [shapes.identifier(shapes.BRIDGE)],
                "source": shapes.identifier(self.caller),
                "answeredBy": {"id": shapes.BRIDGE},
            }
        return properties | {
            "targets": [shapes.identifier(self.callee)],
            "source": shapes.identifier(shapes.BRIDGE),
            "sourceCallerIdNumber": {"value": self.caller},
        }
