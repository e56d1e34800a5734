"""What becomes of changes to the operators' file and to call flows: they serve, or are refused."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from structlog import get_logger

from bridge.service.flows import Flows
from bridge.service.numbers.on_disk import OnDisk
from bridge.service.numbers.reading import BadNumbers, Problem, read
from bridge.service.numbers.values import BY_FLOWS, Refusal, kind_of

log = get_logger(__name__)


class Changes:
    """Reads them, and keeps the last one that was refused."""

    def __init__(self, disk: OnDisk) -> None:
        self.refused: Refusal | None = None
        """The last change, if it was refused; modules that cannot be loaded, until they can."""
        self.counts = Counter(served=0, refused=0)
        self._disk = disk
        self._broken: Refusal | None = None
        """The modules on disk, if they cannot be loaded."""

    async def drafted(self, text: str) -> Flows:
        """The flows as a text would have them answer, were it the file.

        Raises:
            BadNumbers: it has problems.
        """
        return await asyncio.to_thread(read, text, self._disk.authored)

    async def check(self, text: str) -> list[Problem]:
        """What would be wrong with a text, were it the file."""
        try:
            await self.drafted(text)
        except BadNumbers as bad:
            return bad.problems
        return []

    async def read(self, text: str, by: str) -> Flows:
        """The same for a text that is to serve, or to be on trial: its problems refuse it."""
        try:
            return await self.drafted(text)
        except BadNumbers as bad:
            self.refuse(by, bad.problems)
            raise

    def refuse(self, source: str, problems: list[Problem]) -> Refusal:
        """Keep what is wrong with a change."""
        self.refused = Refusal(source, problems, datetime.now(UTC))
        self.counts["refused"] += 1
        log.warning("numbers.refused", type=kind_of(source), count=len(problems))
        return self.refused

    def flows_broke(self, why: str) -> None:
        """The modules on disk cannot be loaded."""
        self._broken = self.refuse(BY_FLOWS, [Problem(None, "the call flows", why)])

    def flows_load(self) -> None:
        """They can be again."""
        self._broken = None

    def undone(self) -> None:
        """What was refused is not asked for any more."""
        self.refused = self._broken

    def served(self) -> None:
        """A change serves."""
        self.undone()
        self.counts["served"] += 1
