"""The operators' file on disk."""

import os
import secrets
import stat
from pathlib import Path

from bridge.flow.errors import FlowError


class NumbersFileError(FlowError):
    """The file cannot be read or written; the message names the remedy."""


def read_text(file: Path) -> str:
    """What is in the file.

    Raises:
        NumbersFileError: it is not there, or is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NumbersFileError(
            f"INTERLUDE_NUMBERS={file} is not there: create it, empty if you like, or mount it."
        ) from error
    except UnicodeDecodeError as error:
        raise NumbersFileError(f"INTERLUDE_NUMBERS={file} is not UTF-8: save it so.") from error
    except OSError as error:
        raise NumbersFileError(
            f"INTERLUDE_NUMBERS={file} cannot be read ({error.strerror}): let this user read it."
        ) from error


def write_text(file: Path, text: str) -> None:
    """Put a text in the place of the file, all at once, with the file's own mode.

    Raises:
        NumbersFileError: it cannot be written there.
    """
    place = file.resolve()  # a link stays one
    new = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    try:
        try:
            with new.open("x", encoding="utf-8") as half:
                if place.exists():
                    os.fchmod(half.fileno(), stat.S_IMODE(place.stat().st_mode))
                half.write(text)
                half.flush()
                os.fsync(half.fileno())
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise NumbersFileError(
            f"INTERLUDE_NUMBERS={file} cannot be written ({error.strerror}): let this user write "
            "its folder, and mount the folder, not the file alone; or change the file where it "
            "comes from."
        ) from error
