"""The folder in which posts wait, and the one inside it where those end that nobody took.

A file is named for its event and holds, to the byte, what is posted. It holds personal data, too:
nobody but the user of this process may read it. To have a dead one tried again, move it back from
`dead/` before a start.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Any

import orjson
from structlog import get_logger

log = get_logger(__name__)

EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What an id may be: good as a file's name and as a header, and without a full stop."""

_UNKNOWN = "_unknown"
"""Stands in the log for an id that is none."""

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class Outbox:
    """Posts on disk. After construction nothing here raises: the log tells what the disk refused.

    A folder that exists keeps its mode, for it may be a volume that belongs to somebody else.

    Raises:
        OSError: the folder cannot be made, or not be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dead = folder / "dead"
        for place in (folder, self._dead):
            place.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
            probe = place / f".{secrets.token_hex(8)}"
            probe.touch(_FILE_MODE)
            probe.unlink()
        # Before the first post of this process, so that none is taken for one that was cut short.
        for partial in folder.glob(".*.part"):
            self._bury_unreadable(partial)

    def keep(self, event_id: str, body: bytes) -> bool:
        """Write a post, and see that it would outlast a power cut; nobody ever sees half of it."""
        partial = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            try:
                partial.touch(_FILE_MODE, exist_ok=False)
                with partial.open("wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(self._path(event_id))
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            return _refused(event_id, error)
        return True

    def left(self) -> list[str]:
        """Events that wait here; files that hold none are moved to `dead/`."""
        try:
            files = [path for path in self._folder.iterdir() if path.suffix == ".json"]
        except OSError as error:
            _refused(_UNKNOWN, error)
            return []
        return [path.stem for path in files if self._holds_event(path)]

    def body(self, event_id: str) -> bytes | None:
        """What is to be posted; None if it cannot be read, or was taken away."""
        try:
            return self._path(event_id).read_bytes()
        except OSError as error:
            _refused(event_id, error)
            return None

    def remove(self, event_id: str) -> bool:
        """Forget what was delivered."""
        try:
            self._path(event_id).unlink(missing_ok=True)
        except OSError as error:
            return _refused(event_id, error)
        return True

    def bury(self, event_id: str) -> bool:
        """Move a post to `dead/`, where it stays until somebody takes it away."""
        return self._move_to_dead(event_id, self._path(event_id))

    def _holds_event(self, path: Path) -> bool:
        try:
            event: Any = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError:
            event = None
        except OSError as error:
            return _refused(_safe_id(path), error)
        if isinstance(event, dict) and EVENT_ID.fullmatch(path.stem):
            return True
        self._bury_unreadable(path)
        return False

    def _bury_unreadable(self, path: Path) -> None:
        if self._move_to_dead(_safe_id(path), path):
            log.warning("post.unreadable", event_id=_safe_id(path))

    def _move_to_dead(self, event_id: str, path: Path) -> bool:
        try:
            path.replace(self._dead / path.name)
        except OSError as error:
            return _refused(event_id, error)
        return True

    def _path(self, event_id: str) -> Path:
        return self._folder / f"{event_id}.json"


def _safe_id(path: Path) -> str:
    """For the log; a file that is not ours may have anybody's name."""
    return path.stem if EVENT_ID.fullmatch(path.stem) else _UNKNOWN


def _refused(event_id: str, error: OSError) -> bool:
    log.error("post.disk_refused", event_id=event_id, status=error.strerror)
    return False
