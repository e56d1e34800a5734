"""How much a line gives one call, and how many calls it takes."""

from dataclasses import dataclass, field

from bridge.flow.errors import FlowError
from bridge.flow.manners import check_no_time
from bridge.flow.numbers import is_e164
from bridge.flow.outcomes import HangUp, Transfer, Voicemail


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one call may take, and what the line may. What a limit does is spoken, not silent."""

    longest_s: float = 1_800
    """The line hangs up after so many seconds."""
    notice: str | None = None
    """Said a minute before."""
    most_tool_calls: int = 100
    """From then on the model is told that nothing more can be looked up in this call."""
    most_reconnects: int = 3
    """So many sessions with the speech service may replace a lost one."""
    calls_per_hour: int | None = None
    """So often one caller may call the line; a withheld number is not counted."""
    blocked: frozenset[str] = field(default=frozenset(), repr=False)
    """Callers that the line does not serve, in E.164 form."""
    refusal: str | None = None
    """What they hear, and those who call too often, before the line hangs up."""
    most_calls: int | None = None
    """So many calls each process serves for the line at a time; without it, as many as fit."""
    overflow: HangUp | Transfer | Voicemail = field(default_factory=HangUp)
    """What a caller meets whom nobody has capacity for: a busy tone; without words, a transfer that
    rings unanswered; with words, a goodbye, a transfer or a recorded message."""

    def __post_init__(self) -> None:
        if self.longest_s <= 0:
            raise FlowError("Limits(longest_s=...) must be above 0.")
        if self.notice is not None and self.longest_s <= NOTICE_S:
            raise FlowError("Limits(notice=...) is said a minute before the end: longest_s > 60.")
        if (self.blocked or self.calls_per_hour is not None) and not self.refusal:
            raise FlowError("Limits(refusal=...) is what callers hear who are not served.")
        if wrong := [number for number in self.blocked if not is_e164(number)]:
            raise FlowError(
                f"Limits(blocked=...) needs international form, not {wrong[0]!r}: '+18005550100'."
            )
        if self.calls_per_hour is not None and self.calls_per_hour < 1:
            raise FlowError("Limits(calls_per_hour=...) is 1 or more.")
        if self.most_tool_calls < 0 or self.most_reconnects < 0:
            raise FlowError("Limits(...) counts from 0.")
        if self.most_calls is not None and self.most_calls < 1:
            raise FlowError("Limits(most_calls=...) is 1 or more.")
        if isinstance(self.overflow, HangUp | Transfer):
            check_no_time("Limits(overflow=...)", self.overflow)
        elif not isinstance(self.overflow, Voicemail):
            use = "HangUp(...), Transfer(...) or Voicemail(...)"
            raise FlowError(f"Limits(overflow={self.overflow!r}) needs {use}.")


NOTICE_S = 60
"""How long before the end of the longest call the caller is told."""
