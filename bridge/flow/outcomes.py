"""How a tool may end the conversation."""

from dataclasses import dataclass

from bridge.flow.errors import FlowError
from bridge.flow.numbers import is_e164


@dataclass(frozen=True)
class HangUp:
    """Speak `say`, let the caller hear it to its end, then hang up.

    Returned by a tool; or a step of an interim response, `after_ms` into the wait.
    """

    say: str | None = None
    after_ms: int | None = None


@dataclass(frozen=True)
class Transfer:
    """Speak `say`, let the caller hear it, then connect the caller to `to`.

    Returned by a tool; or a step of an interim response, `after_ms` into the wait. If the transfer
    fails, the conversation goes on.

    Args:
        to: a telephone number in E.164 form, `+18005550199`.
        say: what the agent announces first.
        after_ms: for a step, when.
    """

    to: str
    say: str | None = None
    after_ms: int | None = None

    def __post_init__(self) -> None:
        if not is_e164(self.to):
            raise FlowError(
                f"Transfer({self.to!r}) needs a number in international form, like '+18005550199'."
            )
