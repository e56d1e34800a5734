"""Which flow answers which number: by the version of the operators' file that serves."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from structlog import get_logger

from bridge.flow.call import Call
from bridge.flow.errors import FlowError
from bridge.service.flows import Flows
from bridge.service.guards import Operator
from bridge.service.numbers.changes import Changes
from bridge.service.numbers.disk import NumbersFileError
from bridge.service.numbers.on_disk import OnDisk
from bridge.service.numbers.reading import BadNumbers, Problem, read
from bridge.service.numbers.trials import Trials
from bridge.service.numbers.values import (
    BY_FILE,
    BY_FLOWS,
    Refusal,
    Stale,
    Trial,
    Version,
    kind_of,
)
from bridge.service.numbers.versions import NoVersion, VersionLine, Versions

log = get_logger(__name__)


class Lines:
    """The flows that answer now. A call keeps the version by which it was answered.

    A change that cannot serve changes nothing: the version before goes on.
    """

    def __init__(self, authored: Flows, file: Path | None = None) -> None:
        """Read the operators' `file`, if there is one.

        Raises:
            FlowError: it is not there, or has problems.
        """
        self.renewed = asyncio.Event()
        """Set when next a version begins to serve, or a trial begins or ends; then replaced."""
        self._versions: Versions | None = None
        self._changing = asyncio.Lock()
        self._disk = OnDisk(authored, file)
        self.changes = Changes(self._disk)
        self._trials = Trials(self.changes.read, self._tell)
        self._wanted = self._disk.text
        """What serves, or was found on disk and would if it could."""
        try:
            flows = read(self._wanted, authored)
        except BadNumbers as bad:
            raise BadNumbers(bad.problems, file) from bad
        self.serving = Version(0, flows, self._wanted, datetime.now(UTC), BY_FILE)

    @property
    def file(self) -> Path | None:
        """The operators' file."""
        return self._disk.file

    @property
    def refused(self) -> Refusal | None:
        """The last change, if it was refused."""
        return self.changes.refused

    @property
    def trial(self) -> Trial | None:
        """What is on trial, if anything."""
        return self._trials.under_way

    @property
    def current(self) -> Flows:
        """The flows of the version that serves."""
        return self.serving.flows

    @property
    def authored(self) -> Flows:
        """The flows without what operators changed."""
        return self._disk.authored

    @property
    def versions(self) -> Versions:
        """All versions; there once `remember` is done."""
        if self._versions is None:
            raise RuntimeError("Lines.remember comes first.")
        return self._versions

    def version_for(self, call: Call) -> Version:
        """The version by which a new call is answered: for one caller, always the same."""
        trial = self.trial
        return trial.version if trial and trial.takes(call) else self.serving

    def flows_for(self, call: Call) -> Flows:
        """The flows of that version."""
        return self.version_for(call).flows

    async def remember(self, versions: Versions) -> None:
        """Go on with the numbers of the ledger, and with a trial that was under way."""
        await versions.open()
        self._versions = versions
        text, last = self.serving.text, await versions.last()
        if last and (last[1], last[0].code) == (text, self._disk.code):
            line = last[0]
        else:
            by = BY_FLOWS if last and last[1] == text else BY_FILE
            line = await self._add(text, by, has_served=True)
        self.serving = Version.of(line, self.current, text)
        await self._trials.resume(versions, self.current)

    async def publish(self, text: str, *, by: Operator, note: str = "", base: int) -> Version:
        """Write the whole file, and have it serve; `base` is the version that was changed.

        Raises:
            Stale: another serves by now.
            BadNumbers: it has problems.
            NumbersFileError: it cannot be written; the version before serves on.
        """
        async with self._changing:
            await self._look()
            if base != self.serving.number:
                raise Stale(
                    f"Version {self.serving.number} serves, and version {base} was changed: look "
                    "at what is new, and make the change there."
                )
            return await self._publish(text, by, note)

    async def roll_back(self, to: int, *, by: Operator, base: int) -> Version:
        """Publish the text of an earlier version anew.

        Raises:
            NoVersion: there is none of this number. Further errors are those of `publish`.
        """
        _, text = await self.versions.get(to)
        return await self.publish(text, by=by, note=f"back to version {to}", base=base)

    async def take(self, line: VersionLine, text: str) -> Version:
        """Have a version serve that another process published, under its number there.

        The file of this process stays as it is.

        Raises:
            BadNumbers: it has problems here.
        """
        async with self._changing:
            flows = await self.changes.read(text, line.by)
            return await self._serve(text, flows, line.by, line.note, line.number)

    async def try_out(
        self, what: str | int, percent: int, *, by: Operator, note: str = ""
    ) -> Version:
        """Have a text, or a version by its number, answer some callers, in place of another trial.

        Raises:
            ValueError: `percent` is not 1 to 99.
            NoVersion: there is none of this number.
            BadNumbers: it has problems.
        """
        if percent not in range(1, 100):
            raise ValueError("A trial is for 1 to 99 percent of callers.")
        async with self._changing:
            line = None
            if isinstance(what, int):
                line, what = await self.versions.get(what)
            flows = await self.changes.read(what, by.name)
            line = line or await self._add(what, by.name, note, has_served=False)
            version = Version.of(line, flows, what, on_trial=True)
            await self._trials.set(self.versions, Trial(version, percent))
            return version

    async def take_trial(self, line: VersionLine, text: str, percent: int) -> None:
        """Try what another process tries, under its number there; with 0 percent, end the trial.

        Raises:
            BadNumbers: it has problems here; what was on trial before goes on.
        """
        async with self._changing:
            trial = None
            if percent:
                flows = await self.changes.read(text, line.by)
                line = await self._add(text, line.by, line.note, line.number, has_served=False)
                trial = Trial(Version.of(line, flows, text, on_trial=True), percent)
            await self._trials.set(self.versions, trial)

    async def end_trial(self, *, by: Operator, keep: bool) -> Version:
        """End the trial; with `keep`, publish what was on trial. Returns the version that serves.

        Raises:
            NoVersion: nothing is on trial.
            NumbersFileError: it cannot be written; the trial goes on.
        """
        async with self._changing:
            if not self.trial:
                raise NoVersion("Nothing is on trial.")
            tried = self.trial.version
            if keep:
                await self._look()
                await self._publish(tried.text, by, f"version {tried.number}, after its trial")
            await self._trials.set(self.versions, None)
            return self.serving

    async def reload(self, *, anew: bool = False) -> bool:
        """Have serve what is on disk; whether anything has changed.

        With `anew`, modules are loaded again even where none of their files has changed.
        """
        async with self._changing:
            before = self.serving
            await self._look(anew=anew)
            return self.serving is not before

    async def _look(self, *, anew: bool = False) -> None:
        is_fresh = is_edited = False
        try:
            if is_fresh := await self._disk.load(anew=anew):
                self.changes.flows_load()
        except FlowError as error:
            self.changes.flows_broke(str(error))
        try:
            is_edited = await self._disk.read()
        except NumbersFileError as error:
            self.changes.refuse(BY_FILE, [Problem(None, "the file", str(error))])
        if is_edited:
            self._wanted = self._disk.text
        if is_edited and not is_fresh and self._wanted == self.serving.text:
            self.changes.undone()
        elif is_fresh or is_edited:
            with suppress(BadNumbers):  # which is kept as a refusal
                by = BY_FILE if is_edited else BY_FLOWS
                await self._serve(self._wanted, await self.changes.read(self._wanted, by), by)
        if is_fresh:
            await self._trials.renew(self.versions)

    async def _publish(self, text: str, by: Operator, note: str) -> Version:
        flows = await self.changes.read(text, by.name)
        await self._disk.write(text)
        return await self._serve(text, flows, by.name, note)

    async def _serve(
        self, text: str, flows: Flows, by: str, note: str = "", number: int | None = None
    ) -> Version:
        line = await self._add(text, by, note, number, has_served=True)
        self.serving = Version.of(line, flows, text)
        self._wanted = text
        self.changes.served()
        self._tell()
        log.info("numbers.serve", version=line.number, type=kind_of(by))
        return self.serving

    async def _add(
        self, text: str, by: str, note: str = "", number: int | None = None, *, has_served: bool
    ) -> VersionLine:
        return await self.versions.add(
            text, by=by, note=note, code=self._disk.code, number=number, has_served=has_served
        )

    def _tell(self) -> None:
        told, self.renewed = self.renewed, asyncio.Event()
        told.set()
