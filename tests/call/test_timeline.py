"""What happens in a call is noted as it happens: little of it, and no word."""

import tracemalloc
from typing import Any, cast

from bridge.audio.pcm import silence
from bridge.call.keypad import Keys
from bridge.call.orders import Orders
from bridge.call.playout import Playout
from bridge.call.record import Record
from bridge.call.ticker import Ticker
from bridge.call.timeline import MOST_ENTRIES, Kind, Timeline
from bridge.call.transcript import Transcript

RATE_HZ = 16_000
MOST_BYTES = 4 * 1024


class Line:
    """A timeline, and what it looks at; nobody plays what is queued."""

    def __init__(self) -> None:
        phone = cast("Any", self)  # of a telephone the rate alone
        self.rate_hz = RATE_HZ
        self.transcript = Transcript()
        self.playout = Playout(phone, Ticker(), Record())
        self.timeline = Timeline(self.transcript, self.playout)

    def caller_speaks(self) -> None:
        self.timeline.caller_starts()
        self.timeline.caller_stops()

    def sounds(self, text: str, by: Any = "line", lasts_ms: int = 100) -> None:
        name = self.transcript.clip(text, lasts_ms, by)
        self.playout.add(name, silence(lasts_ms, RATE_HZ))

    @property
    def kinds(self) -> list[Kind]:
        return [entry.kind for entry in self.timeline.entries]


async def test_a_line_that_sounds_in_a_wait_covers_it_unless_the_caller_is_let_go() -> None:
    line = Line()
    line.sounds("Hello.", "agent")
    line.timeline.begin(Kind.WAIT)
    line.sounds("One moment.")
    line.timeline.begin(Kind.HANG_UP)
    line.sounds("Nobody is here.")
    line.timeline.end(Kind.WAIT)
    line.timeline.end(Kind.HANG_UP)
    line.sounds("Are you still there?")
    assert line.kinds == [
        *(Kind.AGENT, Kind.WAIT, Kind.INTERIM),
        *(Kind.HANG_UP, Kind.LINE, Kind.LINE),
    ]


async def test_what_is_queued_begins_when_what_is_before_it_was_heard() -> None:
    line = Line()
    line.sounds("One.", lasts_ms=400)
    line.sounds("Two.", lasts_ms=200)
    first, second = line.timeline.entries
    assert abs(second.from_s - first.from_s - 0.4) < 0.02


async def test_a_caller_waits_from_their_last_word_to_the_answer_and_not_after_noise() -> None:
    line = Line()
    assert line.timeline.dead_air_since_s is None
    line.caller_speaks()
    assert line.timeline.dead_air_since_s == line.timeline.spoken_s
    line.sounds("It is there.", "agent")
    assert line.timeline.waits_since_s is None
    line.caller_speaks()
    line.timeline.nothing_was_said()
    assert line.timeline.waits_since_s is None


async def test_a_caller_whose_tool_is_at_work_waits_on_unless_it_asks_them() -> None:
    line = Line()
    entry = line.timeline.tool_begins("order_status")
    line.caller_speaks()
    line.timeline.nothing_was_said()
    assert line.timeline.waits_since_s is not None
    line.timeline.asks()
    assert line.timeline.waits_since_s is None, "digits are waited for"
    line.timeline.asked()
    assert line.timeline.waits_since_s is not None
    line.timeline.begin(Kind.TRANSFER)
    assert line.timeline.dead_air_since_s is None, "nobody knows what they hear"
    line.timeline.tool_ends(entry, "ok")
    assert (entry.outcome, entry.to_s is not None, line.timeline.tools) == ("ok", True, [])


async def test_of_a_call_in_which_too_much_happens_the_first_is_forgotten() -> None:
    line = Line()
    for _ in range(MOST_ENTRIES + 10):
        line.timeline.note(Kind.KEY)
    assert (len(line.timeline.entries), line.timeline.begun) == (MOST_ENTRIES, MOST_ENTRIES + 10)


async def test_no_frame_is_noted() -> None:
    line = Line()
    line.sounds("A long answer.", "agent", lasts_ms=20)
    name = line.timeline.entries[0].name
    line.playout.finish(name)
    for _ in range(1_000):
        line.playout.add(name, silence(20, RATE_HZ))
    assert line.timeline.begun == 1


async def test_what_is_noted_of_three_turns_with_tools_and_waits_is_under_4_kib() -> None:
    transcript, keys = Transcript(), Keys({})
    playout = Playout(cast("Any", Line()), Ticker(), Record())
    names = [transcript.clip(text, 100, "agent") for text in "0123456"]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    timeline = Timeline(transcript, playout)
    orders = Orders(keys, timeline)
    for turn in range(3):
        timeline.caller_starts()
        timeline.caller_stops()
        entry = timeline.tool_begins("order_status")
        timeline.begin(Kind.WAIT)
        timeline._begins(names[2 * turn], timeline.spoken_s)
        timeline.tool_ends(entry, "ok")
        timeline.end(Kind.WAIT, outcome="answered")
        timeline._begins(names[2 * turn + 1], timeline.spoken_s)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not orders.are_followed
    assert timeline.begun == 15
    print(f"{after - before} bytes")  # noqa: T201 - for the log
    assert after - before < MOST_BYTES
