"""What cannot be heard is held back, and what can be heard passes whole and at once."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.legs import AgentAudio, AgentAudioDone, SpeechStarted
from bridge.call.record import Record
from bridge.call.silent import LEAST_MS, SILENT_PEAK, SilentAnswers, Sound

RATE_HZ = 8_000


class World:
    """A service that never sent anything but what the test says, and notes what it is asked."""

    output_rate_hz = RATE_HZ
    tools_at_work = 0

    def __init__(self, *known: str) -> None:
        self.record = Record()
        self.known = known
        self.did: list[str] = []
        self.answers = SilentAnswers(self, self, self, self, self.record)  # type: ignore[arg-type]  # of each the little that is used

    def is_known(self, item_id: str) -> bool:
        return item_id in self.known

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
    await world.answers.response_ended("another")
    await world.answers.response_ended("r")
    await world.answers.response_ended("r")
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
    await world.answers.response_ended("r")
    assert (world.did, world.record.silent_answers) == ([], 0)


async def test_an_item_of_which_the_model_knows_nothing_need_not_be_forgotten() -> None:
    world = World()
    world.sift(audio("i", 500), done("i"))
    await world.answers.response_ended("r")
    assert world.did == ["ask"]


async def test_what_sounds_after_the_silence_is_the_answer() -> None:
    world = World()
    world.sift(audio("i", 500), done("i"), audio("j", 500, 1_000), done("j"))
    await world.answers.response_ended("r")
    assert (world.did, world.record.silent_answers) == ([], 1)


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_caller_who_speaks_meanwhile_is_answered_without_us(at: int) -> None:
    world = World()
    pieces: list[Sound] = [audio("i", 399), audio("i", 399), done("i")]
    world.sift(*pieces[:at])
    world.answers.saw(SpeechStarted())
    world.sift(*pieces[at:])
    await world.answers.response_ended("r")
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
