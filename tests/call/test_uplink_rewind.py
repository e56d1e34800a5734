"""After a loss, what was passed on and not understood is passed on once more."""

import asyncio
from itertools import chain

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.audio.pcm import FRAME_MS
from bridge.call.uplink import ONSET_MS, Uplink
from tests.call.test_uplink import AT_ONCE, CAPACITY, all_of, put, words

ONSET = ONSET_MS // FRAME_MS


async def test_the_caller_is_heard_from_before_the_news_that_they_speak() -> None:
    uplink = Uplink()
    put(uplink, words(0, 40))
    await all_of(uplink)
    uplink.caller_starts()
    put(uplink, words(40, 10))
    await all_of(uplink)
    put(uplink, words(50, 5))
    uplink.rewind()
    assert list(chain(*await all_of(uplink))) == words(40 - ONSET, ONSET + 15)


async def test_what_was_understood_is_not_heard_twice() -> None:
    uplink = Uplink()
    uplink.caller_starts()
    put(uplink, words(0, 20))
    await all_of(uplink)
    uplink.understood()
    put(uplink, words(20, 5))
    uplink.rewind()
    assert list(chain(*await all_of(uplink))) == words(20, 5)


async def test_whoever_spoke_for_longer_is_heard_for_the_last_ten_seconds() -> None:
    uplink = Uplink()
    uplink.caller_starts()
    for first in range(0, CAPACITY + 100, AT_ONCE):
        put(uplink, words(first, AT_ONCE))
        await uplink.get()
    uplink.rewind()
    assert list(chain(*await all_of(uplink))) == words(100, CAPACITY)


async def test_whoever_waits_for_a_frame_has_what_was_said_before() -> None:
    uplink = Uplink()
    uplink.caller_starts()
    put(uplink, words(0, 3))
    await uplink.get()
    waiting = asyncio.create_task(uplink.get())
    await asyncio.sleep(0)
    uplink.rewind()
    assert await waiting == words(0, 3)


async def test_a_caller_who_had_just_begun_is_heard_from_the_beginning() -> None:
    """The news that they speak was still on its way when the session was lost."""
    uplink = Uplink()
    put(uplink, words(0, 10))
    await uplink.get()
    put(uplink, words(10, 5))
    uplink.rewind()
    assert list(chain(*await all_of(uplink))) == words(0, 15)


async def test_what_a_second_loss_took_with_it_is_passed_on_a_third_time() -> None:
    uplink = Uplink()
    uplink.caller_starts()
    put(uplink, words(0, 40))
    await all_of(uplink)
    uplink.rewind()
    await all_of(uplink)
    uplink.rewind()  # the session was lost before it could tell that the caller speaks
    assert list(chain(*await all_of(uplink))) == words(0, 40)


async def test_no_more_than_ten_seconds_wait_even_then() -> None:
    uplink = Uplink()
    uplink.caller_starts()
    put(uplink, words(0, CAPACITY))
    await all_of(uplink)
    put(uplink, words(CAPACITY, 100))
    uplink.rewind()
    put(uplink, words(CAPACITY + 100, 1))
    assert list(chain(*await all_of(uplink))) == words(101, CAPACITY)


SPEECH = st.lists(
    st.tuples(
        st.sampled_from(["says", "starts", "takes", "takes", "understood", "lost"]),
        st.integers(1, 60),
    ),
    min_size=6,
    max_size=30,
)
"""What happens in a call, and for how many frames of the caller."""


@given(SPEECH)
@example([("says", 1), ("starts", 1), ("takes", 1), ("lost", 1), ("takes", 1), ("lost", 1)])
@settings(deadline=None, max_examples=500)
async def test_nothing_understood_is_heard_twice_and_nothing_else_is_lost(
    happens: list[tuple[str, int]],
) -> None:
    uplink, waiting, passed = Uplink(), list[bytes](), list[bytes]()
    has_started, number = False, 0
    for what, frames in happens:
        if what == "says" and len(waiting) + len(passed) + frames <= CAPACITY:
            waiting += words(number, frames)
            put(uplink, words(number, frames))
            number += frames
        elif what == "takes" and waiting:
            assert await uplink.get() == waiting[:AT_ONCE]
            passed += waiting[:AT_ONCE]
            del waiting[:AT_ONCE]
        elif what == "starts":
            uplink.caller_starts()
            has_started = True
        elif what == "understood":
            uplink.understood()
            has_started, passed = False, []
        elif what == "lost" and has_started:
            uplink.rewind()
            waiting, passed = [*passed, *waiting], []
        if not has_started:
            passed = passed[-ONSET:]
    assert list(chain(*await all_of(uplink))) == waiting
