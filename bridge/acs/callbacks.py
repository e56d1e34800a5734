"""What ACS tells about a call while it lasts, as CloudEvents posted to the callback URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.acs.codes import in_words
from bridge.acs.events import envelopes, text, whole, within
from bridge.call.ends import By, CallEnd, Reason, Then

_PREFIX = "Microsoft.Communication."

_ENDED_THROUGH_API = 7000
_GAVE_UP = 540487
"""The caller hung up while it rang here."""
_NOT_TAKEN = (408, 480, 486, 487, 603)
"""SIP's codes for a call that nobody took."""


@dataclass(frozen=True)
class Callback:
    """One event in the life of a call. Order varies and duplicates happen."""

    id: str
    """Of the event; a duplicate has the same."""
    kind: str
    """`CallConnected`, `CallDisconnected`, `MediaStreamingFailed`, …"""
    connection_id: str
    code: int
    sub_code: int
    context: str = ""
    """Name that we gave to the operation which led to this, if any."""
    tone: str = field(default="", repr=False)
    """The key, where one was pressed: it may belong to a PIN."""
    sequence_id: int = 0
    """Which key of its recognition this is, from 1."""

    @property
    def detail(self) -> str:
        """For the log: `CallDisconnected 200/540000`."""
        return f"{self.kind} {self.code}/{self.sub_code}"


def parse_callbacks(body: bytes) -> list[Callback]:
    """Read a delivery: usually a list of one event, at times of two, or a bare event.

    Raises:
        BadEvent: no JSON, too many events, or one that is no callback.
    """
    return [_parse(envelope) for envelope in envelopes(body)]


def _parse(event: Mapping[str, Any]) -> Callback:
    data = within(event, "data")
    has_result = data.get("resultInformation") is not None
    result = within(data, "resultInformation") if has_result else {}
    return Callback(
        id=text(event, "id"),
        kind=text(event, "type").removeprefix(_PREFIX),
        connection_id=text(data, "callConnectionId"),
        code=whole(result, "code"),
        sub_code=whole(result, "subCode"),
        context=_if_any(data, "operationContext"),
        tone=_if_any(data, "tone"),
        sequence_id=whole(data, "sequenceId"),
    )


def _if_any(data: Mapping[str, Any], name: str) -> str:
    return "" if data.get(name) in (None, "") else text(data, name)


def verdict(callback: Callback) -> CallEnd | None:
    """What a callback means for the call: its end, or nothing.

    Microsoft's end-code tables: 540000 is a telephone caller hanging up, 7000 an end through the
    API, 5000 to 5300 a participant leaving; callbacks carry them with code 200. A call of ours that
    nobody takes brings `CreateCallFailed` and `CallDisconnected`, in either order.
    """
    match callback.kind:
        case "CallDisconnected" if callback.sub_code == _ENDED_THROUGH_API:
            return CallEnd(By.BRIDGE, Reason.HUNG_UP, Then.NOTHING, callback.detail)
        case "CallDisconnected" if callback.code in (0, 200) or callback.sub_code == _GAVE_UP:
            return CallEnd(By.CALLER, Reason.HUNG_UP, Then.NOTHING, callback.detail)
        case "CallDisconnected" if callback.code not in _NOT_TAKEN:
            return CallEnd(By.CARRIER, Reason.DISCONNECTED, Then.NOTHING, callback.detail)
        case "CallDisconnected" | "CreateCallFailed":
            why = in_words(callback.code, callback.sub_code)
            return CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, f"{callback.detail}: {why}")
        case "AnswerFailed":
            return CallEnd(By.CARRIER, Reason.REFUSED, Then.NOTHING, callback.detail)
    return None
