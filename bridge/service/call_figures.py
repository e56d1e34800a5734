"""Figures of calls and of their waits, by flow."""

from dataclasses import asdict

from opentelemetry.metrics import Histogram, Meter

from bridge.call.record import Record, Wait, WaitEnd

_WAITS_S = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60)
"""Bounds for what a caller waits through: silence is noticed after half a second."""

_CALLS_S = (5, 10, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600)


_COUNTED = {
    "barge_ins": ("barge_ins", "Times that a caller interrupted the agent."),
    "stalls": ("stalls", "Times that Voice Live left a response hanging."),
    "silent_answers": (
        "silent_answers",
        "Items of the agent that claimed to be speech and held none.",
    ),
    "underruns": (
        "underruns",
        "Times that a caller heard a gap because this process was held up.",
    ),
    "frames_dropped": (
        "caller.frames.dropped",
        "Frames of callers that Voice Live was too slow to take.",
    ),
    "frames_coalesced": (
        "caller.frames.coalesced",
        "Frames of callers that shared a message with the frame before, as Voice Live was slow.",
    ),
}
"""Fields of a call's record that are summed up by flow: their names here, and what they say."""


def seconds(
    meter: Meter, name: str, description: str, bounds_s: tuple[float, ...] = _WAITS_S
) -> Histogram:
    """A histogram in seconds; its bounds are those of waits, if not given."""
    return meter.create_histogram(
        name, "s", description, explicit_bucket_boundaries_advisory=bounds_s
    )


class CallFigures:
    """Figures of whole calls."""

    def __init__(self, meter: Meter) -> None:
        self._ended = meter.create_counter(
            "interlude.calls.ended", description="Calls, answered or not, by who ended them."
        )
        self._lasted = seconds(
            meter, "interlude.call.duration", "From the opening of the media to the end.", _CALLS_S
        )
        self._ready = seconds(
            meter,
            "interlude.voice.setup.duration",
            "From the opening of the media until the Voice Live session was set up.",
        )
        self._answered = seconds(
            meter,
            "interlude.answer.delay",
            "From the end of the caller's words, as Voice Live noticed it, to the answer's first "
            "sound; tools and lines between are within.",
        )
        self._tokens = meter.create_counter(
            "interlude.tokens",
            "{token}",
            "What models are said to have used in calls; what was cached is among what went in.",
        )
        self._counters = {
            field: meter.create_counter(f"interlude.{name}", description=description)
            for field, (name, description) in _COUNTED.items()
        }

    def introduce(self, flow: str) -> None:
        """Begin at 0, so that the first event of a flow is seen as a rise."""
        for counter in self._counters.values():
            counter.add(0, {"flow": flow})

    def count(self, flow: str, record: Record) -> None:
        """Take in a call that has ended."""
        labels = {"flow": flow}
        if record.end:
            self._ended.add(1, labels | {"by": record.end.by, "reason": record.end.reason})
        if record.lasted_ms:  # else it never had media
            self._lasted.record(record.lasted_ms / 1000, labels)
        if record.voice_ready_ms is not None:
            self._ready.record(record.voice_ready_ms / 1000, labels)
        for turn in record.turns:
            self._answered.record(turn.heard_ms / 1000, labels)
        for field, counter in self._counters.items():
            counter.add(getattr(record, field), labels)
        for kind, count in asdict(record.tokens).items():
            self._tokens.add(count, labels | {"type": kind})


class WaitFigures:
    """Figures of waits that were to be covered."""

    def __init__(self, meter: Meter) -> None:
        self._ended = meter.create_counter(
            "interlude.waits.ended", description="Waits, by how they ended."
        )
        self._wasted = meter.create_counter(
            "interlude.waits.wasted",
            description="Waits whose answer came within 300 ms of the beginning of a line.",
        )
        self._lines = meter.create_counter(
            "interlude.wait.lines", description="Lines that were begun while callers waited."
        )
        self._lasted = seconds(meter, "interlude.wait.duration", "How long a wait lasted.")
        self._dead_air = seconds(
            meter,
            "interlude.wait.dead_air",
            "Silence until the first sound; the whole wait where there was none.",
        )
        self._covered = seconds(
            meter, "interlude.wait.covered", "Sound that the caller heard in a wait."
        )
        self._delayed = seconds(
            meter,
            "interlude.wait.answer_delay",
            "How long an answer, once there, waited for a line to end; answered waits only.",
        )

    def count(self, flow: str, wait: Wait) -> None:
        """Take in a wait that has ended."""
        labels = {"flow": flow, "trigger": wait.trigger, "by": wait.by}
        self._ended.add(1, labels | {"end": wait.end})
        self._wasted.add(int(wait.wasted), labels)
        self._lines.add(wait.lines, labels)
        self._lasted.record(wait.lasted_ms / 1000, labels)
        self._dead_air.record(wait.dead_air_ms / 1000, labels)
        self._covered.record(wait.covered_ms / 1000, labels)
        if wait.end is WaitEnd.ANSWERED:
            self._delayed.record(wait.delayed_ms / 1000, labels)
