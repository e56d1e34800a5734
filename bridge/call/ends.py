"""How a call ended: who ended it, why, and what is still to be done on the line."""

from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    """Who ended the call."""

    CALLER = "caller"
    AGENT = "agent"
    VOICE = "voice"
    """The speech service."""
    CARRIER = "carrier"
    """The telephone network or its media stream."""
    BRIDGE = "bridge"
    """Interlude itself."""
    OPERATOR = "operator"
    """Somebody who watched the call."""


class Reason(StrEnum):
    """Why the call ended."""

    HUNG_UP = "hung_up"
    TRANSFERRED = "transferred"
    UNREACHABLE = "unreachable"
    """The speech service could not be connected, or not in time."""
    REFUSED = "refused"
    """The other side said no: to the session's settings, or to answering."""
    LOST = "lost"
    """The connection broke in mid-call."""
    MEDIA_FAILED = "media_failed"
    """The carrier could not open or keep its audio stream; the call itself lives on in silence."""
    DISCONNECTED = "disconnected"
    """The network ended the call with a failure."""
    NO_FLOW = "no_flow"
    CLOSED = "closed"
    """The line was closed, and the call not answered."""
    NO_CAPACITY = "no_capacity"
    """There was no room for one more call, and it was not answered; the detail says of what."""
    REDIRECTED = "redirected"
    """Another telephone rang in its place, and the call was not answered."""
    TIME_LIMIT = "time_limit"
    SHUTDOWN = "shutdown"
    REPLICA_LOST = "replica_lost"
    """The process that had the call ended without a word; another hung up, and reports it."""
    ERROR = "error"
    """A fault of our own; the log has the traceback."""


class Then(StrEnum):
    """What must still be done on the line."""

    HANG_UP = "hang_up"
    NOTHING = "nothing"


@dataclass(frozen=True)
class CallEnd:
    """The verdict on a call: its metric label, its log line, its last word on the record."""

    by: By
    reason: Reason
    then: Then = Then.HANG_UP
    detail: str = ""
    """For the log: codes of the other side; never a number, a name or what was said."""
