"""Figures about versions: which one serves, what became of changes, and how calls of each end."""

from opentelemetry.metrics import Meter, Observation

from bridge.call.record import Record
from bridge.service.numbers.lines import Lines


class NumbersFigures:
    """Reads them where `Lines` keeps them.

    A label tells a trial apart, not one version from another: of those there is no end.
    """

    def __init__(self, meter: Meter, lines: Lines) -> None:
        meter.create_observable_gauge(
            "interlude.numbers.version",
            [lambda _: [Observation(lines.serving.number)]],
            description="Number of the version of the operators' file that serves.",
        )
        meter.create_observable_gauge(
            "interlude.trial.share",
            [lambda _: [Observation(lines.trial.percent / 100 if lines.trial else 0)]],
            description="Share of callers whom a version on trial answers.",
        )
        meter.create_observable_counter(
            "interlude.numbers.changes",
            [
                lambda _: [
                    Observation(count, {"outcome": outcome})
                    for outcome, count in list(lines.changes.counts.items())
                ]
            ],
            description="Changes of the operators' file or of call flows, by what became of them.",
        )
        self._calls = meter.create_counter(
            "interlude.version.calls.ended",
            description="Calls by the version that answered them, serving or on trial, and by end.",
        )

    def count(self, record: Record) -> None:
        """Take in a call that has ended."""
        if record.end:
            version = "trial" if record.on_trial else "serving"
            labels = {"version": version, "by": record.end.by, "reason": record.end.reason}
            self._calls.add(1, labels)
