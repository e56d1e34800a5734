"""The operators' file on disk."""

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
