"""How a call ends, in the words of the service."""

from dataclasses import dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True)
class LineEnd:
    """Who ended a call, and what CallDisconnected says of it.

    A call that was never answered has no CallDisconnected; its `message` is why it was not. Where
    the bridge left two people to each other, `transferred_to` is the one whom it had added.
    """

    by: Literal["caller", "callee", "colleague", "bridge", "transfer", "network"]
    code: int
    sub_code: int
    message: str
    transferred_to: str | None = None

    def result(self) -> dict[str, Any]:
        """Return the `resultInformation` of a callback."""
        return {"code": self.code, "subCode": self.sub_code, "message": self.message}


CALLER_HUNG_UP = LineEnd("caller", 200, 540000, "Call ended successfully by local PSTN caller.")
CALLER_GAVE_UP = LineEnd("caller", 487, 540487, "the caller gave up")
CALLEE_HUNG_UP = LineEnd("callee", 200, 560000, "Call ended successfully by remote PSTN party.")
LAST_ONE_LEFT = LineEnd("colleague", 200, 5002, "The conversation has ended. DiagCode: 0#5002.@")
"""Nobody but the bridge is left of a call that had more than one in it."""
NOT_ANSWERED = LineEnd("network", 487, 10004, "not answered")
TERMINATED = LineEnd(
    "bridge",
    200,
    7000,
    "Call was ended by Azure Communication Service Call Automation API or a server bot."
    " DiagCode: 0#7000.@",
)


def left_with(colleague: str) -> LineEnd:
    """Return the end, for the bridge, of a call that goes on without it."""
    return replace(TERMINATED, transferred_to=colleague)


def not_reached(code: int, sub_code: int) -> LineEnd:
    """Return the end of a call to somebody who did not take it."""
    return LineEnd("callee", code, sub_code, f"The call failed. DiagCode: {code}#{sub_code}.@")


def rejected(reason: str) -> LineEnd:
    """Return the end of a call that was turned down: none, busy or forbidden."""
    return LineEnd("bridge", 603, 0, reason)


def transferred(to: str) -> LineEnd:
    """Return the end of a call that somebody else has taken."""
    message = "The conversation has ended. DiagCode: 0#7000.@"
    return LineEnd("transfer", 200, 7000, message, transferred_to=to)


def redirected(to: str) -> LineEnd:
    """Return the end of a call that was sent elsewhere before it was answered."""
    return LineEnd("transfer", 302, 0, "redirected", transferred_to=to)
