"""What the caller says waits for Voice Live: in order, in few pieces, words before silence."""

import asyncio
from collections.abc import Coroutine
from itertools import chain
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.pcm import FRAME_MS, frame_bytes
from bridge.call.uplink import AT_ONCE_MS, LONGEST_S, TONE_S, Uplink

CAPACITY = LONGEST_S * 1000 // FRAME_MS
AT_ONCE = AT_ONCE_MS // FRAME_MS
WORD, SILENCE = 8_000, 0
"""Amplitude of a frame."""


def frame(amplitude: int, number: int) -> bytes:
    """Frames differ by their number, which nobody can hear."""
    return pack("<16h", *(amplitude + (number >> bit & 1) for bit in range(16)))


def is_silent(frame: bytes) -> bool:
    return frame[1] == 0


async def all_of(uplink: Uplink) -> list[list[bytes]]:
    """Take until nothing waits."""
    pieces = []
    while True:
        try:
            async with asyncio.timeout(0.001):
                pieces.append(await uplink.get())
        except TimeoutError:
            return pieces


async def test_a_frame_that_is_awaited_passes_alone_and_is_not_copied() -> None:
    uplink = Uplink()
    waiting = asyncio.create_task(uplink.get())
    await asyncio.sleep(0)
    spoken = bytes(frame_bytes(24_000))
    uplink.put(spoken)
    (passed,) = await waiting
    assert passed is spoken
    assert b"".join([passed]) is spoken


async def test_frames_that_piled_up_are_taken_half_a_second_at_a_time() -> None:
    uplink = Uplink()
    frames = [frame(WORD, number) for number in range(60)]
    for one in frames:
        uplink.put(one)
    pieces = await all_of(uplink)
    assert [len(piece) for piece in pieces] == [AT_ONCE, AT_ONCE, 10]
    assert list(chain(*pieces)) == frames


async def test_the_callers_latest_ten_seconds_are_kept() -> None:
    uplink = Uplink()
    frames = [frame(WORD, number) for number in range(CAPACITY + 3)]
    for one in frames:
        uplink.put(one)
    assert uplink.dropped == 3
    assert (await uplink.get())[0] == frames[3]


@pytest.mark.parametrize(("amplitude", "goes_first"), [(20, "hiss"), (80, "word")])
async def test_hiss_is_silence_and_soft_speech_is_not(amplitude: int, goes_first: str) -> None:
    uplink = Uplink()
    for number in range(CAPACITY + 1):
        uplink.put(frame(amplitude if number == 1 else WORD, number))
    left = await uplink.get()
    assert left[0] == (frame(WORD, 0) if goes_first == "hiss" else frame(amplitude, 1))
    assert uplink.dropped == 1


RUNS = st.lists(
    st.tuples(st.sampled_from(["words", "silence", "takes"]), st.integers(1, 260)), max_size=12
)
"""What happens in a call, and for how many frames; or how many pieces are taken."""


@given(RUNS)
@settings(deadline=None)
async def test_order_is_kept_and_words_outlive_silence(runs: list[tuple[str, int]]) -> None:
    uplink, waiting, dropped, number = Uplink(), list[bytes](), 0, 0
    for kind, times in runs:
        if kind == "takes":
            for _ in range(min(times, -(-len(waiting) // AT_ONCE))):
                assert await uplink.get() == waiting[:AT_ONCE]
                del waiting[:AT_ONCE]
            continue
        for _ in range(times):
            number += 1
            waiting.append(frame(WORD if kind == "words" else SILENCE, number))
            uplink.put(waiting[-1])
            if len(waiting) > CAPACITY:
                silent = [at for at, one in enumerate(waiting) if is_silent(one)]
                del waiting[silent[0] if silent else 0]
                dropped += 1
        assert uplink.dropped == dropped
    assert list(chain(*await all_of(uplink))) == waiting


def words(first: int, count: int) -> list[bytes]:
    return [frame(WORD, number) for number in range(first, first + count)]


def put(uplink: Uplink, frames: list[bytes]) -> None:
    for one in frames:
        uplink.put(one)


class TestDeafness:
    """The agent hears silence, as long as the caller's voice."""

    async def test_what_is_said_meanwhile_is_silence_of_the_same_length(self) -> None:
        uplink, before, after = Uplink(), words(0, 2), words(4, 2)
        put(uplink, before)
        with uplink.deaf():
            put(uplink, words(2, 2))
        put(uplink, words(2, 1))
        await asyncio.sleep(TONE_S)  # the last key may still sound
        put(uplink, after)
        assert await uplink.get() == [*before, bytes(32), bytes(32), bytes(32), *after]

    async def test_it_ends_with_the_last_who_wanted_it(self) -> None:
        uplink = Uplink()
        with uplink.deaf():
            with pytest.raises(ValueError, match="colleague"), uplink.deaf():
                raise ValueError("colleague")
            put(uplink, words(0, 1))
        await asyncio.sleep(TONE_S)
        put(uplink, words(1, 1))
        assert await uplink.get() == [bytes(32), *words(1, 1)]

    async def test_the_tone_of_a_key_is_not_heard(self) -> None:
        uplink = Uplink()
        uplink.skip_tone()
        put(uplink, words(0, 1))
        await asyncio.sleep(TONE_S)
        put(uplink, words(1, 1))
        assert await uplink.get() == [bytes(32), *words(1, 1)]

    async def test_what_was_said_meanwhile_is_not_heard_after_a_loss_either(self) -> None:
        uplink = Uplink()
        uplink.caller_starts()
        with uplink.deaf():
            put(uplink, words(0, 3))
            await uplink.get()
        uplink.rewind()
        assert await uplink.get() == [bytes(32)] * 3


class Agent:
    """Takes frames one by one, unless it is away; while it is busy, whoever passes one waits."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.is_away = False
        self.free = asyncio.Event()
        self.free.set()

    def take(self, frame: bytes) -> Coroutine[Any, Any, None] | None:
        return None if self.is_away else self._hear(frame)

    async def _hear(self, frame: bytes) -> None:
        await self.free.wait()
        self.heard.append(frame)


class TestTheWayAround:
    """A frame for which nothing waits is not queued."""

    async def test_it_is_passed_on_before_whoever_has_it_goes_on(self) -> None:
        uplink, agent, frames = Uplink(), Agent(), words(0, 3)
        passing = asyncio.create_task(uplink.pass_straight(agent.take))
        await asyncio.sleep(0)
        for number, one in enumerate(frames, start=1):
            uplink.put(one)
            assert len(agent.heard) == number
        assert agent.heard[0] is frames[0]
        assert not passing.done()
        passing.cancel()

    async def test_behind_one_that_is_held_up_frames_wait_in_their_order(self) -> None:
        uplink, agent, frames = Uplink(), Agent(), words(0, 4)
        passing = asyncio.create_task(uplink.pass_straight(agent.take))
        await asyncio.sleep(0)
        agent.free.clear()
        put(uplink, frames[:2])
        await asyncio.sleep(1)
        assert not passing.done(), "it sees to the first"
        put(uplink, frames[2:3])
        agent.free.set()
        put(uplink, frames[3:])
        await passing
        assert agent.heard == frames[:1]
        assert await uplink.get() == frames[1:]

    async def test_an_agent_who_is_away_is_waited_for(self) -> None:
        uplink, agent, frames = Uplink(), Agent(), words(0, 3)
        passing = asyncio.create_task(uplink.pass_straight(agent.take))
        await asyncio.sleep(0)
        agent.is_away = True
        put(uplink, frames[:2])
        agent.is_away = False
        put(uplink, frames[2:])
        await passing
        assert not agent.heard
        assert await uplink.get() == frames

    async def test_when_nobody_sees_to_it_any_more_frames_wait(self) -> None:
        uplink, agent = Uplink(), Agent()
        passing = asyncio.create_task(uplink.pass_straight(agent.take))
        await asyncio.sleep(0)
        passing.cancel()
        await asyncio.wait([passing])
        put(uplink, words(0, 1))
        assert not agent.heard
        assert await uplink.get() == words(0, 1)

    async def test_what_went_straight_is_heard_again_after_a_loss(self) -> None:
        uplink, agent, frames = Uplink(), Agent(), words(0, 3)
        passing = asyncio.create_task(uplink.pass_straight(agent.take))
        await asyncio.sleep(0)
        uplink.caller_starts()
        put(uplink, frames)
        uplink.rewind()
        await passing
        assert agent.heard == await uplink.get() == frames
