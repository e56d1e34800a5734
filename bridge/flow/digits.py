"""What a caller enters by keys."""

import re
from dataclasses import dataclass
from typing import Any

from bridge.flow.errors import FlowError, ToolError

KEYS = "0123456789*#"
HIDDEN = "***"
"""Stands where secret digits stood."""


class NoDigits(ToolError):
    """The caller entered nothing; not caught, the model is told so."""

    def __init__(self) -> None:
        super().__init__("The caller entered nothing.")


@dataclass(frozen=True)
class Entry:
    """How digits are asked for."""

    prompt: str | None
    max_digits: int
    terminator: str | None
    gap_ms: int
    total_ms: int
    secret: bool
    retries: int
    speech: bool

    def __post_init__(self) -> None:
        if self.max_digits < 1:
            raise FlowError("call.digits(max_digits=...) is 1 or more.")
        if self.terminator is not None and self.terminator not in ("*", "#"):
            raise FlowError("call.digits(terminator=...) is '#', '*' or None.")
        if self.gap_ms <= 0 or self.total_ms < self.gap_ms:
            raise FlowError("call.digits needs gap_ms above 0, and total_ms no less than gap_ms.")
        if self.retries < 0:
            raise FlowError("call.digits(retries=...) is 0 or more.")
        if self.secret and self.speech:
            raise FlowError(
                "call.digits(secret=True) cannot take speech: what is spoken goes to the model."
            )


class Secret:
    """Digits that nobody sees but the tool that asked for them.

    They are overwritten when the tool has ended. A text made of them by `reveal` is Python's own to
    forget: use it at once and keep no name for it.
    """

    def __init__(self, digits: bytearray) -> None:
        self._digits = digits

    def reveal(self) -> str:
        """The digits.

        Raises:
            ValueError: the tool has ended.
        """
        if not self._digits:
            raise ValueError("The digits were forgotten when their tool ended.")
        return self._digits.decode()

    def wipe(self) -> None:
        """Overwrite the digits, and forget them."""
        for at in range(len(self._digits)):
            self._digits[at] = 0
        self._digits.clear()

    def hidden_in(self, text: str) -> str:
        """The text without the digits, in a row, one by one or in groups."""
        between = r"[\s.\-/]*"
        digits = between.join(map(re.escape, self._digits.decode()))
        return re.sub(digits, HIDDEN, text) if digits else text

    def __len__(self) -> int:
        """How many there are."""
        return len(self._digits)

    def __repr__(self) -> str:
        """Nothing of them."""
        return "Secret(…)"

    def __reduce__(self) -> Any:
        """Refuse to be written down."""
        raise TypeError("A Secret cannot be pickled.")
