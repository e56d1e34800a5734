"""The call, as a tool sees it."""

from dataclasses import dataclass, field
from typing import Protocol


class Ear(Protocol):
    """Where a tool's words to the caller go."""

    def progress(self, text: str) -> None:
        """Take in a line about how far a tool is."""
        ...


@dataclass(frozen=True)
class Call:
    """Who called whom. Its `repr`, and so a log line, never shows a telephone number.

    Made without `ear`, as in a test of a tool, it says nothing to anybody.
    """

    id: str
    """Interlude's own name for the call, on every log line."""
    caller: str = field(repr=False)
    """Number of the caller in E.164 form; `anonymous` when withheld; else the carrier's id."""
    dialled: str = field(repr=False)
    """Number of the line, in E.164 form."""
    correlation_id: str
    """Azure's name for the call, for questions to Microsoft's support."""
    ear: Ear | None = field(default=None, repr=False, compare=False)

    async def progress(self, text: str) -> None:
        """Tell the caller how far a tool is, while it runs; returns at once.

        The line is spoken as soon as nothing else sounds, in place of the first line of an interim
        response if that has not been spoken yet, and only while the tool still runs. The model does
        not learn of it.
        """
        if self.ear:
            self.ear.progress(text)
