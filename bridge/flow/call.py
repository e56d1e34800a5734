"""The call, as a tool sees it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """Who called whom. Its `repr`, and so a log line, never shows a telephone number."""

    id: str
    """Interlude's own name for the call, on every log line."""
    caller: str = field(repr=False)
    """Number of the caller in E.164 form; `anonymous` when withheld; else the carrier's id."""
    dialled: str = field(repr=False)
    """Number of the line, in E.164 form."""
    correlation_id: str
    """Azure's name for the call, for questions to Microsoft's support."""
