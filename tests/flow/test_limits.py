"""What one call may take, and limits that make no sense."""

import re
from typing import Any

import pytest

from bridge import Callflow, FlowError, HangUp, Limits


def test_a_line_has_limits_without_being_told() -> None:
    limits = Callflow(number="+18005550100").limits
    assert limits == Limits()
    assert limits.longest_s > 0
    assert limits.most_tool_calls > 0
    assert limits.most_reconnects > 0
    assert limits.notice is None
    assert limits.most_calls is None
    assert limits.overflow == HangUp(), "a busy tone"


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"longest_s": 0}, "above 0"),
        ({"longest_s": -1}, "above 0"),
        ({"longest_s": 60, "notice": "One more minute."}, "longest_s > 60"),
        ({"calls_per_hour": 6}, "what callers hear who are not served"),
        ({"calls_per_hour": 0, "refusal": "No."}, "1 or more"),
        ({"blocked": frozenset({"+14255550123"})}, "what callers hear who are not served"),
        ({"blocked": frozenset({"555"}), "refusal": "No."}, "international form, not '555'"),
        ({"most_tool_calls": -1}, "counts from 0"),
        ({"most_reconnects": -1}, "counts from 0"),
        ({"most_calls": 0}, "most_calls=...) is 1 or more"),
        ({"overflow": HangUp(after_ms=1_000)}, "leave after_ms out"),
        ({"overflow": "night"}, "needs HangUp(...), Transfer(...) or Voicemail(...)"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused(wrong: dict[str, Any], remedy: str) -> None:
    with pytest.raises(FlowError, match=re.escape(remedy)):
        Limits(**wrong)


def test_the_least_that_a_line_can_give() -> None:
    Limits(longest_s=0.5, most_tool_calls=0, most_reconnects=0)
    Limits(longest_s=61, notice="One more minute.")
    Limits(most_calls=1)
