"""The person at a browser: a cushion against late sound, and nothing kept that is of no use."""

import asyncio

import pytest

from bridge.audio.pcm import duration_ms, frame_bytes, silence
from bridge.console.phone_caller import CUSHION_MS, Caller

HZ = 24_000
SIZE = frame_bytes(HZ)
QUIET = bytes(SIZE)


def sound(frames: int) -> bytes:
    return b"\1\0" * (SIZE // 2 * frames)


@pytest.fixture
def caller() -> Caller:
    return Caller(HZ, HZ)


def spoken(caller: Caller, frames: int) -> int:
    """How many of the next frames have sound."""
    return sum(caller.speak(SIZE) != QUIET for _ in range(frames))


def test_nothing_is_spoken_before_there_is_a_cushion(caller: Caller) -> None:
    caller.says(sound(1))
    assert spoken(caller, 3) == 0
    caller.says(sound(1))
    assert spoken(caller, 2) == 2
    assert caller.gaps == 0


def test_each_gap_makes_the_cushion_larger_up_to_a_bound(caller: Caller) -> None:
    for cushion in (2, 3, 4, 5, 6, 6):  # frames of 20 ms
        caller.says(sound(cushion - 1))
        assert spoken(caller, 1) == 0
        caller.says(sound(1))
        assert spoken(caller, cushion + 3) == cushion
    assert caller.gaps == 6
    assert CUSHION_MS == (40, 120)


def test_what_is_left_of_a_frame_is_spoken_before_the_gap(caller: Caller) -> None:
    caller.says(sound(2) + sound(1)[: SIZE // 2])
    assert spoken(caller, 2) == 2
    assert caller.speak(SIZE) == sound(1)[: SIZE // 2].ljust(SIZE, b"\0")


def test_what_piles_up_is_left_out_but_for_the_cushion(caller: Caller) -> None:
    caller.says(sound(7))
    assert caller.skipped_ms == 0
    caller.says(sound(3))
    assert caller.skipped_ms == 160
    assert spoken(caller, 10) == 2


def test_half_a_sample_is_no_sound(caller: Caller) -> None:
    caller.says(sound(2) + b"\7")
    assert spoken(caller, 3) == 2


@pytest.mark.parametrize(("browser_hz", "line_hz"), [(48_000, 16_000), (24_000, 24_000)])
async def test_both_directions_have_the_rates_of_their_sides(browser_hz: int, line_hz: int) -> None:
    caller = Caller(browser_hz, line_hz)
    caller.says(silence(60, browser_hz))
    frames = [caller.speak(frame_bytes(line_hz)) for _ in range(3)]
    assert [len(frame) for frame in frames] == [frame_bytes(line_hz)] * 3
    assert caller.gaps == 0
    caller.hear(silence(20, line_hz))
    assert duration_ms(await caller.heard(), browser_hz) == 20


async def test_a_browser_that_takes_nothing_has_the_last_half_second(caller: Caller) -> None:
    for number in range(100):
        caller.hear(bytes([number, 0]) * (SIZE // 2))
    heard = await caller.heard()
    assert duration_ms(heard, HZ) == 500
    assert (heard[0], heard[-2]) == (75, 99)
    caller.hear(QUIET)
    assert await caller.heard() == QUIET
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await caller.heard()
