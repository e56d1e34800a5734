"""How often callers have called: in memory, for an hour, and no more of them than fit."""

import asyncio
from collections import deque

from bridge.flow.call import Call

HOUR_S = 3600.0
MOST_CALLERS = 10_000
"""Callers that are remembered at a time; beyond, whoever has not called for longest is not."""

_WITHHELD = "anonymous"


class Frequency:
    """The calls of the last hour that were served, by line and caller, of this process alone."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], deque[tuple[float, str]]] = {}
        """When, and as which call; who has called last comes last."""

    def exceeds(self, most: int, call: Call) -> bool:
        """Whether the caller has had so many calls to the line within an hour; else count this one.

        A call counts once, however often it is asked about, and one that exceeds does not count.
        """
        if call.caller == _WITHHELD:
            return False
        now_s = asyncio.get_running_loop().time()
        calls = self._calls.pop((call.dialled, call.caller), deque())
        while calls and calls[0][0] <= now_s - HOUR_S:
            calls.popleft()
        self._calls[call.dialled, call.caller] = calls
        while len(self._calls) > MOST_CALLERS:
            del self._calls[next(iter(self._calls))]
        if any(known == call.correlation_id for _, known in calls):
            return False
        if len(calls) >= most:
            return True
        calls.append((now_s, call.correlation_id))
        return False

    def forget(self, call: Call) -> None:
        """The call was not served, after all."""
        calls = self._calls.get((call.dialled, call.caller), deque())
        if calls and calls[-1][1] == call.correlation_id:
            calls.pop()
