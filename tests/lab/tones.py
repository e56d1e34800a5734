"""Calls of tones at known times, whose figures can be worked out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bridge.lab.acs import Line
from bridge.lab.report import CallReport, Event
from bridge.lab.speech import Heard

RATE_HZ = 8_000


def track(lasts_s: float, *sounds: tuple[float, float]) -> bytes:
    """PCM16 with a tone from second to second."""
    samples = np.zeros(round(lasts_s * RATE_HZ))
    for start_s, end_s in sounds:
        start, end = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
        samples[start:end] = 8_000 * np.sin(np.arange(end - start) * 0.4)
    return samples.astype("<i2").tobytes()


def a_call(
    *spells: tuple[str, float, float],
    lasts_s: float = 20,
    broken: Sequence[str] = (),
    tools: Sequence[tuple[str, float, float | None]] = (),
    **record: Any,
) -> CallReport:
    """A call of spells: who, from second to second; those in `broken` are not complete.

    Who is `caller`, `key` (the caller's too), `agent`, `interim` or `music`, with anything after a
    space; it is the text as well.
    """
    events = [
        Event(start * 1000, "interim", who) for who, start, _ in spells if _is(who, "interim")
    ]
    for name, start_s, end_s in tools:
        events.append(Event(start_s * 1000, "tool_called", f'{name} {{"number": "4271"}}'))
        if end_s is not None:
            events.append(Event(end_s * 1000, "tool_answered", f"{name} on its way"))
    return CallReport(
        flow="line",
        rate_hz=RATE_HZ,
        caller=track(lasts_s, *((a, b) for who, a, b in spells if _is(who, "caller", "key"))),
        agent=track(lasts_s, *((a, b) for who, a, b in spells if not _is(who, "caller", "key"))),
        events=sorted(events, key=lambda event: event.at_ms),
        said=[Line(who, a * 1000, b * 1000) for who, a, b in spells if _is(who, "caller")],
        heard=[
            Heard(who, a * 1000, b * 1000, complete=who not in broken)
            for who, a, b in spells
            if _is(who, "agent", "interim")
        ],
        bridge=record,
    )


def _is(who: str, *kinds: str) -> bool:
    return who.partition(" ")[0] in kinds
