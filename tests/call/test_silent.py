"""What cannot be heard is held back, and what can be heard passes whole and at once."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.events import (
    AgentAudio,
    AgentAudioDone,
    AgentSaid,
    CallerSaid,
    ResponseStarted,
    SpeechStarted,
    ToolCalled,
    VoiceEvent,
    VoiceRenewed,
)
from bridge.call.record import Record
from bridge.call.silent import LEAST_MS, SILENT_PEAK, SilentAnswers, Sound
from bridge.call.transcript import Transcript

RATE_HZ = 8_000
LINE = "line"
"""A response that speaks a line of ours."""
GIVE_UP = "give up: no answer holds speech"


class World:
    """A service that never sent anything but what the test says, and notes what it is asked."""

    output_rate_hz = RATE_HZ
    tools_at_work = 0

    def __init__(self, *known: str) -> None:
        self.record = Record()
        self.transcript = Transcript()
        self.known = known
        self.did: list[str] = []
        self.answers = SilentAnswers(self, self, self, self, self)  # type: ignore[arg-type]  # of each the little that is used

    def is_known(self, item_id: str) -> bool:
        return item_id in self.known

    def is_line(self, response_id: str) -> bool:
        return response_id == LINE

    async def ends(self, response_id: str = "r", status: str = "completed") -> None:
        await self.answers.response_ended(response_id, status)

    async def give_up(self, why: str) -> None:
        self.did.append(f"give up: {why}")

    async def forget(self, item_id: str) -> None:
        self.did.append(f"forget {item_id}")

    async def respond(self) -> str:
        raise AssertionError("it is the gate's to send requests")

    def sift(self, *sounds: Sound) -> list[Sound]:
        """What is played of them."""
        return [*chain(*map(self.answers.sift, sounds))]

    async def ask(self, send: object) -> None:
        assert send == self.respond
        self.did.append("ask")


def audio(item: str, ms: float, peak: int = 0) -> AgentAudio:
    """Sound of response `r` with one click in it."""
    samples = int(ms * RATE_HZ / 1000)
    return AgentAudio("r", item, peak.to_bytes(2, "little") + bytes(2 * samples - 2))


def done(item: str) -> AgentAudioDone:
    return AgentAudioDone("r", item)


async def test_an_item_that_never_sounds_is_not_played_and_the_model_answers_again() -> None:
    world = World("i")
    assert world.sift(audio("i", 200, SILENT_PEAK), audio("i", 200), done("i")) == []
    assert world.did == []
    await world.ends("another")
    await world.ends()
    await world.ends()
    assert world.did == ["forget i", "ask"]
    assert world.record.silent_answers == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [audio("i", LEAST_MS - 1), done("i")],
        [audio("i", 200), audio("i", 200, SILENT_PEAK + 1), audio("i", 800), done("i")],
        [done("i")],
    ],
    ids=["too short", "one click", "no sound"],
)
async def test_an_item_is_silent_only_as_a_whole(pieces: list[Sound]) -> None:
    world = World("i")
    assert world.sift(*pieces) == pieces
    await world.ends()
    assert (world.did, world.record.silent_answers) == ([], 0)


async def test_words_that_nobody_could_hear_were_not_said() -> None:
    world = World()
    world.transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    for event in (AgentSaid("r", "i", "It left."), audio("i", 500), done("i")):
        world.transcript.saw(event, RATE_HZ)
    assert not world.transcript.caller_waits
    world.sift(audio("i", 500), done("i"))
    assert world.transcript.caller_waits
    assert [said.by for said in world.transcript.said()] == ["caller"]


async def test_an_item_of_which_the_model_knows_nothing_need_not_be_forgotten() -> None:
    world = World()
    world.sift(audio("i", 500), done("i"))
    await world.ends()
    assert world.did == ["ask"]


async def test_what_sounds_after_the_silence_is_the_answer() -> None:
    world = World()
    world.sift(audio("i", 500), done("i"), audio("j", 500, 1_000), done("j"))
    await world.ends()
    assert (world.did, world.record.silent_answers) == ([], 1)


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_caller_who_speaks_meanwhile_is_answered_without_us(at: int) -> None:
    world = World()
    pieces: list[Sound] = [audio("i", 399), audio("i", 399), done("i")]
    world.sift(*pieces[:at])
    world.answers.saw(SpeechStarted())
    world.sift(*pieces[at:])
    await world.ends()
    assert world.did == []


async def test_a_second_silent_answer_to_the_same_words_gives_the_session_up() -> None:
    world = World("i", "j")
    world.sift(audio("i", 500), done("i"))
    await world.ends()
    world.sift(audio("j", 500), done("j"))
    await world.ends()
    assert world.did == ["forget i", "ask", GIVE_UP]
    assert world.record.silent_answers == 2


async def test_the_callers_next_words_are_asked_for_twice_again() -> None:
    world = World()
    for item in "ab":
        world.answers.saw(SpeechStarted())
        world.sift(audio(item, 500), done(item))
        await world.ends()
    assert world.did == ["ask", "ask"]


def called(response_id: str) -> ToolCalled:
    return ToolCalled(response_id, "call_1", "look_up", "{}")


@pytest.mark.parametrize("status", ["completed", "failed", "incomplete"])
async def test_a_response_in_which_nothing_came_is_no_answer_and_neither_is_its_successor(
    status: str,
) -> None:
    world = World()
    world.transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    for response_id, did in (("r", ["ask"]), ("s", ["ask", GIVE_UP])):
        world.answers.saw(ResponseStarted(response_id))
        await world.ends(response_id, status)
        assert world.did == did
    assert world.record.silent_answers == 0, "there was no item at all"


async def test_an_empty_response_to_nothing_that_was_said_is_left_at_that() -> None:
    world = World()
    world.answers.saw(ResponseStarted("r"))
    await world.ends("r", "completed")
    assert world.did == []


@pytest.mark.parametrize(
    ("response_id", "status", "came"),
    [
        ("r", "cancelled", ()),
        ("r", "completed", (audio("i", 20, 1_000),)),
        ("r", "completed", (called("r"),)),
        (LINE, "completed", ()),
        ("r", "completed", (SpeechStarted(),)),
        ("r", "completed", (VoiceRenewed(),)),
    ],
    ids=["cancelled", "sound", "tool", "line", "caller", "session gone"],
)
async def test_nobody_waits_for_more(
    response_id: str, status: str, came: tuple[VoiceEvent, ...]
) -> None:
    world = World()
    world.transcript.saw(CallerSaid("Where is my order?"), RATE_HZ)
    for event in (ResponseStarted(response_id), *came):
        world.answers.saw(event)
    await world.ends(response_id, status)
    assert world.did == []


async def test_tools_at_work_will_ask_for_the_answer() -> None:
    world = World("i")
    world.tools_at_work = 1
    world.answers.saw(ResponseStarted("r"))
    await world.ends()
    world.sift(audio("i", 500), done("i"))
    await world.ends()
    assert world.did == []


PIECES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 500), st.sampled_from([0, 50, 200, 20_000])),
    max_size=12,
)


@given(PIECES)
async def test_whatever_sounds_passes_whole_and_in_order(
    pieces: list[tuple[str, int, int]],
) -> None:
    world = World()
    came: list[Sound] = [
        *(audio(item, ms, peak) for item, ms, peak in pieces),
        done("a"),
        done("b"),
    ]
    passed = world.sift(*came)
    for item in "ab":
        of_item = [piece for piece in came if piece.item_id == item]
        peaks = [peak for name, _, peak in pieces if name == item]
        lasts_ms = sum(ms for name, ms, _ in pieces if name == item)
        is_silent = max(peaks, default=0) <= SILENT_PEAK and lasts_ms >= LEAST_MS
        assert [p for p in passed if p.item_id == item] == ([] if is_silent else of_item)


async def test_what_sounds_is_not_held_back() -> None:
    world = World()
    first, second = audio("i", 400, 1_000), audio("i", 400)
    assert world.sift(first) == [first]
    assert world.sift(second) == [second]
