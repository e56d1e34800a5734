"""Whose turn it is, and what silence is dead air."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.lab.report import CallReport
from bridge.lab.stretch import Stretch
from tests.lab.tones import RATE_HZ, a_call

ASKS = ("caller", 2, 3)
HANGS_UP = {"outcome": "hang_up", "name": "goodbye", "took_ms": 500}


def silences(report: CallReport) -> list[tuple[float, float]]:
    return [(gap.start_ms / 1000, gap.end_ms / 1000) for gap in report.silences]


def test_a_caller_waits_from_their_last_word_to_the_agents_first() -> None:
    assert silences(a_call(ASKS, ("agent", 4.5, 6), lasts_s=7)) == [(3, 4.5)]


def test_a_caller_who_is_never_answered_waits_to_the_end() -> None:
    assert silences(a_call(("agent", 0, 1), ASKS, lasts_s=9)) == [(3, 9)]


def test_a_caller_who_asks_whether_anybody_is_there_has_waited() -> None:
    assert silences(a_call(ASKS, ("caller hello", 8, 9), ("agent", 10, 11))) == [(3, 8), (9, 10)]


def test_silence_before_the_greeting_is_waited_through() -> None:
    assert silences(a_call(("agent", 1.5, 4))) == [(0, 1.5)]
    assert silences(a_call(lasts_s=5)) == [(0, 5)]


def test_a_caller_who_takes_their_time_does_not_wait() -> None:
    thinking = a_call(("agent", 0, 1), ("caller", 6, 7), ("agent answers", 7.2, 8), lasts_s=12)
    assert silences(thinking) == []
    reprompted = a_call(("agent", 0, 1), ("agent are you there", 9, 10), lasts_s=20)
    assert silences(reprompted) == []


def test_interim_lines_and_music_divide_a_wait_and_do_not_end_it() -> None:
    report = a_call(ASKS, ("interim", 4, 5), ("music", 7, 9), ("agent", 10, 11), lasts_s=20)
    assert silences(report) == [(3, 4), (5, 7), (9, 10)]
    assert report.music == [Stretch(7_000, 9_000)]


def test_a_call_that_ends_in_a_covered_wait_ends_in_dead_air() -> None:
    assert silences(a_call(ASKS, ("interim", 3.2, 5), lasts_s=11)) == [(5, 11)]


def test_while_a_tool_works_the_caller_waits_whatever_was_said_before() -> None:
    spells = (ASKS, ("agent I will look", 3.2, 4), ("agent found it", 9, 10))
    assert silences(a_call(*spells, lasts_s=12)) == []
    assert silences(a_call(*spells, tools=[("look", 4, 8.5)], lasts_s=12)) == [(4, 9)]


def test_a_tool_that_asks_the_caller_has_them_not_wait() -> None:
    report = a_call(
        ASKS,
        ("agent which number", 3.2, 4),
        ("caller four", 7, 8),
        ("agent thanks", 8.2, 9),
        tools=[("ask", 3.1, 8.1)],
    )
    assert silences(report) == []


def test_a_caller_who_enters_digits_takes_their_time() -> None:
    keys = [("key", at, at + 0.1) for at in (6, 6.8, 9)]
    asked = a_call(ASKS, ("interim enter it", 3.2, 4), *keys, ("agent", 10.1, 11), lasts_s=12)
    assert silences(asked) == [(9.1, 10.1)]


def test_who_is_being_transferred_waits_for_the_colleague() -> None:
    spells = (ASKS, ("agent I will connect you", 3.2, 5))
    lookup, transferred = [("look", 3.1, None)], {"by": "bridge", "reason": "transferred"}
    assert silences(a_call(*spells, lasts_s=9, tools=lookup)) == [(5, 9)]
    assert silences(a_call(*spells, lasts_s=9, tools=lookup, end=transferred)) == []
    assert silences(a_call(ASKS, lasts_s=9, end=transferred)) == [(3, 9)], "without a word"


def test_a_line_that_breaks_off_leaves_the_caller_waiting() -> None:
    report = a_call(ASKS, ("agent", 3.2, 4), lasts_s=9, broken=["agent"])
    assert silences(report) == [(4, 9)]
    assert [line.text for line in report.cut_off] == ["agent"]


def test_a_line_that_the_caller_interrupts_is_not_cut_off() -> None:
    talk = (("agent", 0, 2.1), ASKS, ("agent answers", 3.2, 5))
    report = a_call(*talk, broken=["agent"])
    assert report.cut_off == []
    assert report.barge_ins == [Stretch(2_000, 2_100)]


@pytest.mark.parametrize(("by", "cut"), [("caller", 0), ("agent", 1)])
def test_who_hangs_up_within_a_line_has_cut_it_off_or_interrupted_it(by: str, cut: int) -> None:
    report = a_call(("agent goodbye", 0, 4.9), lasts_s=5, broken=["agent goodbye"], end={"by": by})
    assert len(report.cut_off) == cut


def test_pauses_within_a_line_are_part_of_it() -> None:
    report = a_call(("music", 1, 2), ("music", 3, 4), lasts_s=4)
    assert silences(report) == [(0, 1), (2, 3)]
    one_line = a_call(("agent", 1, 4), lasts_s=4)
    pcm = np.frombuffer(one_line.agent, "<i2").copy()
    pcm[2 * RATE_HZ : 3 * RATE_HZ] = 0
    paused = replace(one_line, agent=pcm.tobytes())
    assert silences(paused) == [(0, 1)]


def test_tools_last_from_call_to_answer_or_to_the_end() -> None:
    report = a_call(
        tools=[("look", 1, 3), ("look", 2, 5), ("goodbye", 6, None), ("slow", 7, None)],
        lasts_s=10,
    )
    runs = [(run.name, run.start_ms, run.end_ms, run.result) for run in report.tools]
    assert runs == [
        ("look", 1_000, 3_000, "on its way"),
        ("look", 2_000, 5_000, "on its way"),
        ("goodbye", 6_000, 10_000, ""),
        ("slow", 7_000, 10_000, ""),
    ]
    ended = a_call(tools=[("goodbye", 6, None)], lasts_s=10)
    ended = replace(ended, bridge={"tools": [HANGS_UP]})
    assert ended.tools[0].end_ms == 6_500
    assert ended.tools[0].arguments == '{"number": "4271"}'


def test_a_report_can_be_read_again(tmp_path: Path) -> None:
    report = a_call(
        ASKS, ("interim", 4, 5), ("agent", 7, 8), broken=["agent"], tools=[("look", 3, 6)], end=None
    )
    report.write_sound(tmp_path / "call.wav")
    assert CallReport.read(report.as_json(), tmp_path / "call.wav") == report
