"""How a tool may end the conversation."""

from dataclasses import dataclass

from bridge.flow.errors import FlowError
from bridge.flow.numbers import is_e164


@dataclass(frozen=True)
class HangUp:
    """Returned by a tool: speak `say`, let the caller hear it to its end, then hang up."""

    say: str | None = None


@dataclass(frozen=True)
class Transfer:
    """Returned by a tool: speak `say`, let the caller hear it, then connect the caller to `to`.

    Args:
        to: a telephone number in E.164 form, `+18005550199`.
        say: what the agent announces first.

    If the transfer fails, the conversation goes on and the model is told why.
    """

    to: str
    say: str | None = None

    def __post_init__(self) -> None:
        if not is_e164(self.to):
            raise FlowError(
                f"Transfer({self.to!r}) needs a number in international form, like '+18005550199'."
            )
