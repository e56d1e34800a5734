"""What operators publish or try on one replica, all of them serve or try."""

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import orjson
from structlog import get_logger

from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import BY_FILE, BY_FLOWS, Version
from bridge.service.numbers.versions import VersionLine
from bridge.service.replicas.fleet import Fleet
from bridge.service.tokens import BadToken

log = get_logger(__name__)

ALL, NONE = 100, 0
"""Percent of callers: a version that is published, and a trial that is over."""


@dataclass(frozen=True)
class Published:
    """A version of the operators' file, as replicas tell each other of it."""

    line: VersionLine
    text: str
    root: str
    """Stands for the file that was deployed, from which operators have come to this text."""
    percent: int = ALL
    """Of callers, whom it answers."""


class Publishing:
    """Announces what is published here, and has serve here what was published elsewhere.

    What was published last, by the order in which Redis had it, serves, and so with trials. A file
    that is edited on disk is its own replica's affair, and what is deployed anew comes before what
    was published.
    """

    def __init__(self, fleet: Fleet, lines: Lines) -> None:
        self._fleet = fleet
        self._lines = lines
        self._versions, self._trials = fleet.desk.versions, fleet.desk.trials
        self._known = lines.serving.text
        self._tried = _tried(lines)
        self._root = root_of(self._known)
        self._heard: set[str] = set()
        """Of which kind something was heard that others have published."""
        self._last: dict[str, str] = {}
        """What was published last, here or elsewhere, of each kind."""
        if self._tried:  # it goes on from before the process began
            self._note(self._trials, self._published_trial())

    async def announce(self) -> NoReturn:
        """Tell the others of each version that an operator publishes here, and of trials."""
        while True:
            await self._lines.renewed.wait()
            version = self._lines.serving
            if version.text != self._known and version.by not in (BY_FILE, BY_FLOWS):
                self._known = version.text
                self._tell(self._versions, self._published(version))
            if _tried(self._lines) != self._tried:
                self._tried = _tried(self._lines)
                self._tell(self._trials, self._published_trial())

    def repeat(self, there: Mapping[str, int]) -> None:
        """Tell a Redis that has forgotten it, by what is `there`, of what was published last."""
        for stream, content in self._last.items():
            if not there[stream]:
                self._fleet.publishes_again(stream, content)

    async def hear(self, stream: str, sealed: str) -> None:
        """Have serve, or on trial, what was published last, here or elsewhere."""
        try:
            published = opened(self._fleet.desk.opened_note(sealed))
        except (BadToken, ValueError):
            log.warning("replicas.unreadable")
            return
        is_new = stream not in self._heard
        self._heard.add(stream)
        if is_new and self._root != published.root and self._known != published.text:
            return  # another file was deployed since
        self._note(stream, published)
        try:
            await (self._serve if stream == self._versions else self._try_out)(published)
        except BadNumbers as bad:  # which is kept as a refusal, for operators to see
            log.warning("numbers.not_taken", count=len(bad.problems))
        except sqlite3.Error as error:
            log.warning("numbers.not_taken", error=type(error).__name__)

    async def _serve(self, published: Published) -> None:
        self._root, self._known = published.root, published.text
        if self._lines.serving.text != published.text:
            try:
                await self._lines.take(published.line, published.text)
            finally:
                self._known = self._lines.serving.text

    async def _try_out(self, published: Published) -> None:
        before = self._tried
        self._tried = (published.text, published.percent) if published.percent else None
        if self._tried != before:
            try:
                await self._lines.take_trial(published.line, published.text, published.percent)
            finally:
                self._tried = _tried(self._lines)

    def _tell(self, stream: str, published: Published) -> None:
        self._note(stream, published)
        self._fleet.publishes(stream, self._last[stream])

    def _note(self, stream: str, published: Published) -> None:
        self._last[stream] = sealable(published)

    def _published(self, version: Version, percent: int = ALL) -> Published:
        line = VersionLine(version.number, version.at, version.by, version.note, "")
        return Published(line, version.text, self._root, percent)

    def _published_trial(self) -> Published:
        """The trial of now; where there is none, any version of which none is tried."""
        if trial := self._lines.trial:
            return self._published(trial.version, trial.percent)
        return self._published(self._lines.serving, NONE)


def _tried(lines: Lines) -> tuple[str, int] | None:
    return (lines.trial.version.text, lines.trial.percent) if lines.trial else None


def root_of(text: str) -> str:
    """What stands for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealable(published: Published) -> str:
    """The same as one text."""
    line = published.line
    about = [line.number, line.at.isoformat(), line.by, line.note]
    return orjson.dumps([*about, published.text, published.root, published.percent]).decode()


def opened(content: str) -> Published:
    """What `sealable` has made."""
    number, at, by, note, text, root, percent = orjson.loads(content)
    line = VersionLine(number, datetime.fromisoformat(at), by, note, "")
    return Published(line, text, root, percent)
