"""What operators publish on one replica serves on all of them."""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import orjson
from structlog import get_logger

from bridge.service.numbers.lines import Lines
from bridge.service.numbers.reading import BadNumbers
from bridge.service.numbers.values import BY_FILE, BY_FLOWS
from bridge.service.numbers.versions import VersionLine
from bridge.service.replicas.fleet import Fleet
from bridge.service.tokens import BadToken

log = get_logger(__name__)


@dataclass(frozen=True)
class Published:
    """A version of the operators' file, as replicas tell each other of it."""

    line: VersionLine
    text: str
    root: str
    """Stands for the file that was deployed, from which operators have come to this text."""


class Publishing:
    """Announces what is published here, and has serve here what was published elsewhere.

    What was published last, by the order in which Redis had it, serves. A file that is edited on
    disk is its own replica's affair, and what is deployed anew comes before what was published.
    """

    def __init__(self, fleet: Fleet, lines: Lines) -> None:
        self._fleet = fleet
        self._lines = lines
        self._known = lines.serving.text
        self._root = root_of(self._known)
        self._is_new = True
        """Nothing that others have published was heard yet."""

    async def announce(self) -> NoReturn:
        """Tell the others of each version that an operator publishes here."""
        while True:
            await self._lines.renewed.wait()
            version = self._lines.serving
            if version.text == self._known or version.by in (BY_FILE, BY_FLOWS):
                continue
            self._known = version.text
            line = VersionLine(version.number, version.at, version.by, version.note, "")
            self._fleet.publishes(sealable(Published(line, version.text, self._root)))

    async def hear(self, sealed: str) -> None:
        """Have the version serve that was published last, here or elsewhere."""
        try:
            published = opened(self._fleet.desk.opened_note(sealed))
        except (BadToken, ValueError):
            log.warning("replicas.unreadable")
            return
        is_new, self._is_new = self._is_new, False
        if is_new and self._root != published.root and self._known != published.text:
            return  # another file was deployed since
        self._root, self._known = published.root, published.text
        if self._lines.serving.text != published.text:
            try:
                await self._lines.take(published.line, published.text)
            except BadNumbers as bad:  # which is kept as a refusal, for operators to see
                log.warning("numbers.not_taken", count=len(bad.problems))
            except sqlite3.Error as error:
                log.warning("numbers.not_taken", error=type(error).__name__)


def root_of(text: str) -> str:
    """What stands for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealable(published: Published) -> str:
    """The same as one text."""
    line = published.line
    content = [line.number, line.at.isoformat(), line.by, line.note, published.text, published.root]
    return orjson.dumps(content).decode()


def opened(content: str) -> Published:
    """What `sealable` has made."""
    number, at, by, note, text, root = orjson.loads(content)
    line = VersionLine(number, datetime.fromisoformat(at), by, note, "")
    return Published(line, text, root)
