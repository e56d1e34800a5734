"""A call in which everybody says what would be markup, were it not text."""

from dataclasses import replace

from bridge.lab.budget import Failure
from bridge.lab.outcome import Outcome
from tests.lab.tones import a_call

HOSTILE = (
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7 * 7 }}"
    "<!-- --></style><svg onload=alert(3)>javascript:alert(4)\u202e\x00\ud800"
)


def hostile() -> Outcome:
    report = a_call(("agent", 0, 1), ("caller", 2, 3), tools=[("look", 4, 5)], note=HOSTILE[:-1])
    report = replace(
        report,
        flow=HOSTILE,
        said=[replace(line, text=HOSTILE) for line in report.said],
        heard=[replace(line, text=HOSTILE) for line in report.heard],
        events=[replace(event, text=f"{HOSTILE} {HOSTILE}") for event in report.events],
    )
    failures = (Failure(HOSTILE, 100.0), Failure(HOSTILE))
    return Outcome(name="hostile", flow=HOSTILE, report=report, failures=failures, seconds=1)
