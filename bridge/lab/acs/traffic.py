"""What the stand-in and the application have said to each other over HTTP."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Exchange:
    """A request of either side, and how it was answered."""

    at_s: float
    """Loop time at which it was made."""
    kind: Literal["event", "callback", "request"]
    """Of Event Grid, of the service, or of the application to the REST interface."""
    name: str
    """Type of what was told, or method and path of what was asked."""
    correlation_id: str
    """Of the call; empty where it is about none."""
    status: int
    """0 if there was no answer."""
    content: Any
    """What was told or asked."""
    answer: Any = None
    """What the REST interface answered."""
