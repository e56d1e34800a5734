"""Which flow answers which number: by the version of the operators' file that serves."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.flow.call import Call
from bridge.service.flows import Flows
from bridge.service.numbers.disk import read_text
from bridge.service.numbers.reading import BadNumbers, Problem, read

BY_FILE = "file"
"""Who made a version that was found on disk."""


@dataclass(frozen=True)
class Version:
    """The operators' file as it was at one time, and the flows by it."""

    number: int
    """From 1; 0 before any is remembered."""
    flows: Flows
    text: str
    at: datetime
    by: str
    note: str = ""
    on_trial: bool = False


class Lines:
    """The flows that answer now. A call keeps the version by which it was answered."""

    def __init__(self, authored: Flows, file: Path | None = None) -> None:
        """Read the operators' `file`, if there is one.

        Raises:
            BadNumbers: it is not there, or has problems.
        """
        self._authored = authored
        self._file = file
        text = read_text(file) if file else ""
        try:
            flows = read(text, authored)
        except BadNumbers as bad:
            raise BadNumbers(bad.problems, file) from bad
        self.serving = Version(0, flows, text, datetime.now(UTC), BY_FILE)

    @property
    def current(self) -> Flows:
        """The flows of the version that serves."""
        return self.serving.flows

    def version_for(self, call: Call) -> Version:
        """The version by which a new call is answered."""
        del call
        return self.serving

    def flows_for(self, call: Call) -> Flows:
        """The flows of that version."""
        return self.version_for(call).flows

    async def check(self, text: str) -> list[Problem]:
        """What would be wrong with a text, were it the file."""
        try:
            read(text, self._authored)
        except BadNumbers as bad:
            return bad.problems
        return []
