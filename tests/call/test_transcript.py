"""What was said, by whom and how much of it was heard: for a new session, and for later."""

import asyncio

from bridge.call.events import (
    AgentAudio,
    AgentSaid,
    CallerSaid,
    SpeechStarted,
    ToolCalled,
    WordSounds,
)
from bridge.call.legs import By
from bridge.call.transcript import Transcript

RATE_HZ = 8_000
CALLED = ToolCalled("r", "call_1", "look_up", '{"order": "4711"}')
ANSWER = "Your order left on Monday."
ANSWER_MS = (0, 200, 500, 700, 800)
"""Where each word of the answer begins."""


class Told:
    """A session that notes what it is told."""

    def __init__(self) -> None:
        self.of: list[tuple[str, ...]] = []

    async def remember(self, by: By, text: str) -> None:
        self.of.append((by, text))

    async def recall(self, called: ToolCalled) -> None:
        self.of.append(("calls", called.name, called.arguments, called.call_id))

    async def give_output(self, call_id: str, output: str) -> None:
        self.of.append(("output", call_id, output))


async def told(transcript: Transcript) -> list[tuple[str, ...]]:
    session = Told()
    await transcript.tell(session)  # type: ignore[arg-type]  # of a leg, what a transcript uses
    return session.of


def sound(item: str, ms: int) -> AgentAudio:
    return AgentAudio("r", item, bytes(2 * RATE_HZ * ms // 1000))


def say(transcript: Transcript, item: str, text: str, *, by: By = "agent", ms: int = 1_000) -> None:
    """Words of an item come in pieces, and their sound between them."""
    half = len(text) // 2
    transcript.saw(AgentSaid("r", item, text[:half]), RATE_HZ, by)
    transcript.saw(sound(item, ms // 2), RATE_HZ, by)
    transcript.saw(AgentSaid("r", item, text[half:]), RATE_HZ, by)
    transcript.saw(sound(item, ms - ms // 2), RATE_HZ, by)


def say_answer(transcript: Transcript, *, with_times: bool) -> None:
    say(transcript, "i", ANSWER)
    for at_ms, word in zip(ANSWER_MS, ANSWER.split(), strict=True) if with_times else ():
        transcript.saw(WordSounds("i", at_ms, word), RATE_HZ)


async def test_a_new_session_is_told_what_caller_agent_and_tools_said_in_their_order() -> None:
    transcript = Transcript()
    transcript.clip("Hello, how can I help?", 1_500, "agent")
    transcript.saw(SpeechStarted(), RATE_HZ)
    transcript.saw(CallerSaid("Where is order 4711?"), RATE_HZ)
    transcript.saw(CALLED, RATE_HZ)
    transcript.output("call_1", "It left.")
    say(transcript, "i", ANSWER)
    assert await told(transcript) == [
        ("agent", "Hello, how can I help?"),
        ("caller", "Where is order 4711?"),
        ("calls", "look_up", '{"order": "4711"}', "call_1"),
        ("output", "call_1", "It left."),
        ("agent", ANSWER),
    ]


async def test_a_tool_still_at_work_is_told_without_its_output() -> None:
    transcript = Transcript()
    transcript.saw(CALLED, RATE_HZ)
    transcript.output("call_unknown", "Whatever.")
    assert [kind for kind, *_ in await told(transcript)] == ["calls"]


async def test_what_the_line_says_by_itself_and_noise_are_not_told() -> None:
    transcript = Transcript()
    transcript.clip("One moment.", 800)
    say(transcript, "i", "Still looking.", by="line")
    transcript.saw(CallerSaid(""), RATE_HZ)
    transcript.saw(sound("silent", 500), RATE_HZ)
    assert await told(transcript) == []
    assert [(said.by, said.text) for said in transcript.said()] == [
        ("line", "One moment."),
        ("line", "Still looking."),
    ]


async def test_of_an_answer_cut_short_only_the_words_that_were_heard_are_told() -> None:
    transcript = Transcript()
    say_answer(transcript, with_times=True)
    transcript.cut("i", 600)
    assert await told(transcript) == [("agent", "Your order left")]


async def test_without_times_of_words_what_was_heard_is_a_share_of_them() -> None:
    transcript = Transcript()
    say_answer(transcript, with_times=False)
    transcript.cut("i", 600)
    assert await told(transcript) == [("agent", "Your order left")]
    transcript.cut("i", 0)
    assert await told(transcript) == []


async def test_a_clip_can_be_cut_short_too() -> None:
    transcript = Transcript()
    transcript.clip("Hello, how can I help?", 1_000, "agent")
    transcript.cut("clip 1", 400)
    transcript.cut("clip 2", 400)
    assert await told(transcript) == [("agent", "Hello, how")]


async def test_what_goes_on_after_noise_was_heard_after_all() -> None:
    transcript = Transcript()
    say_answer(transcript, with_times=True)
    transcript.cut("i", 600)
    from_ms = transcript.next_word_ms("i", 600)
    assert from_ms == 700
    assert transcript.uncut("i", from_ms) == "on Monday."
    assert await told(transcript) == [("agent", ANSWER)]


async def test_where_no_word_follows_nothing_can_go_on() -> None:
    transcript = Transcript()
    say_answer(transcript, with_times=True)
    say(transcript, "untimed", "Hello.")
    assert transcript.next_word_ms("i", 800) == 800
    assert transcript.next_word_ms("i", 801) is None
    assert transcript.next_word_ms("untimed", 0) is None
    assert transcript.next_word_ms("unknown", 0) is None


async def test_an_item_lasts_as_long_as_its_sound_has_come() -> None:
    transcript = Transcript()
    assert transcript.lasts_ms("i") == 0
    transcript.saw(sound("i", 300), RATE_HZ)
    transcript.saw(AgentAudio("r", "i", bytes(2 * 24_000 // 5)), 24_000)
    assert transcript.lasts_ms("i") == 500
    transcript.clip("Hello.", 700)
    assert transcript.lasts_ms("clip 1") == 700


async def test_the_caller_waits_from_their_words_to_the_answer() -> None:
    transcript = Transcript()
    assert not transcript.caller_waits
    transcript.clip("Hello.", 700, "agent")
    assert not transcript.caller_waits
    transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    assert transcript.caller_waits
    transcript.clip("One moment.", 700)
    assert transcript.caller_waits, "a line is no answer"
    transcript.saw(CALLED, RATE_HZ)
    assert transcript.caller_waits
    transcript.output("call_1", "It left.")
    assert transcript.caller_waits
    transcript.saw(sound("i", 20), RATE_HZ)
    assert not transcript.caller_waits


async def test_what_nobody_could_hear_was_not_said() -> None:
    transcript = Transcript()
    transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    say_answer(transcript, with_times=True)
    transcript.forget("i")
    transcript.forget("unknown")
    assert transcript.caller_waits
    assert await told(transcript) == [("caller", "Where is my order?")]
    assert transcript.lasts_ms("i") == 0


async def test_it_grows_with_all_that_a_session_must_know() -> None:
    transcript = Transcript()
    lengths = [transcript.length]
    transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    lengths.append(transcript.length)
    transcript.saw(CALLED, RATE_HZ)
    lengths.append(transcript.length)
    transcript.output("call_1", "It left.")
    lengths.append(transcript.length)
    say(transcript, "i", ANSWER)
    lengths.append(transcript.length)
    assert lengths == sorted(set(lengths))


async def test_later_it_says_when_each_line_began_and_what_was_heard_of_it() -> None:
    await asyncio.sleep(100)
    transcript = Transcript()
    transcript.clip("Hello, how can I help?", 1_000, "agent")
    await asyncio.sleep(2.26)
    transcript.saw(CallerSaid("Where is order 4711?"), RATE_HZ)
    transcript.saw(CALLED, RATE_HZ)
    await asyncio.sleep(1)
    say_answer(transcript, with_times=True)
    transcript.cut("i", 600)
    assert [(said.by, said.at_s, said.text, said.heard) for said in transcript.said()] == [
        ("agent", 0.0, "Hello, how can I help?", None),
        ("caller", 2.3, "Where is order 4711?", None),
        ("agent", 3.3, ANSWER, "Your order left"),
    ]
