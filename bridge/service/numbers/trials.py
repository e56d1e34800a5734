"""The trial that is under way: remembered until it ends, and made anew with the modules."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from structlog import get_logger

from bridge.service.flows import Flows
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import BY_FLOWS, Trial, Version
from bridge.service.numbers.versions import Versions

log = get_logger(__name__)

Read = Callable[[str, str], Awaitable[Flows]]
"""Makes flows of a text, by whomever it is; raises `BadNumbers`."""


class Trials:
    """Holds the trial, if there is one."""

    def __init__(self, read: Read, tell: Callable[[], None]) -> None:
        """`tell` is called whenever a trial has begun or ended."""
        self.under_way: Trial | None = None
        self._read = read
        self._tell = tell

    async def resume(self, versions: Versions, flows: Flows) -> None:
        """Go on with the one that was under way when the process ended."""
        if was := await versions.trial():
            number, percent = was
            line, text = await versions.get(number)
            self.under_way = Trial(Version.of(line, flows, text, on_trial=True), percent)
            await self.renew(versions)

    async def set(self, versions: Versions, trial: Trial | None) -> None:
        """Have one begin, in place of another, or none go on."""
        await versions.keep_trial((trial.version.number, trial.percent) if trial else None)
        self.under_way = trial
        self._tell()
        if trial:
            log.info("trial.begins", version=trial.version.number)
        else:
            log.info("trial.ends")

    async def renew(self, versions: Versions) -> None:
        """Have its text on the modules of now; one that cannot be is over."""
        if trial := self.under_way:
            try:
                flows = await self._read(trial.version.text, BY_FLOWS)
            except BadNumbers:
                await self.set(versions, None)
            else:
                self.under_way = replace(trial, version=replace(trial.version, flows=flows))
