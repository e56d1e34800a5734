"""What the caller is about to hear leaves on time, and what was heard is known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from bridge.audio.music import Music
from bridge.audio.pcm import frame_bytes
from bridge.call.playout import Cut, Playout
from bridge.call.record import Record
from bridge.call.ticker import LEAD_MS, MOST_LEAD_MS, Ticker
from bridge.lab.clock import VirtualTimeLoop

RATE = 24_000
FRAME = frame_bytes(RATE)


class Ear:
    """A caller's telephone that notes what reaches it and when."""

    rate_hz = RATE

    def __init__(self) -> None:
        self.got: list[tuple[float, bytes]] = []
        self.stops = 0

    async def play(self, frame: bytes) -> None:
        self.got.append((round(asyncio.get_running_loop().time() * 1000), frame))

    async def stop_playing(self) -> None:
        self.stops += 1


@asynccontextmanager
async def playing() -> AsyncIterator[tuple[Playout, Ear, Record]]:
    ear, record = Ear(), Record()
    playout = Playout(ear, Ticker(), record, resumes=True)  # type: ignore[arg-type]  # the two methods a playout uses
    running = asyncio.create_task(playout.run())
    try:
        yield playout, ear, record
    finally:
        running.cancel()
        await asyncio.wait([running])


def sound_of(item: str) -> bytes:
    return b"".join(bytes([ord(item), number]) * (FRAME // 2) for number in range(10))


def heard(cuts: list[Cut]) -> list[tuple[str, int]]:
    return [(cut.item_id, cut.heard_ms) for cut in cuts]


async def test_frames_leave_a_lead_ahead_and_then_in_real_time() -> None:
    async with playing() as (playout, ear, record):
        began = asyncio.get_running_loop().time() * 1000
        playout.add("a", bytes(FRAME * 50))
        await playout.drained()
        times = [at - round(began) for at, _ in ear.got]
        lead = LEAD_MS // 20
        assert times == [0] * lead + [20 * n for n in range(1, 51 - lead)]
        assert record.frames_down == 50
        assert asyncio.get_running_loop().time() * 1000 - began == pytest.approx(1200)


async def test_pieces_of_any_length_become_whole_frames_in_order() -> None:
    async with playing() as (playout, ear, _):
        sound = bytes(range(256)) * 30
        for start in range(0, len(sound), 700):
            playout.add("a", sound[start : start + 700])
        playout.add("b", b"\x01" * 10)
        playout.finish("b")
        playout.finish("b")
        await playout.drained()
        assert {len(frame) for _, frame in ear.got} == {FRAME}
        played = b"".join(frame for _, frame in ear.got)
        assert played[: len(sound)] == sound
        assert played[-FRAME:] == b"\x01" * 10 + bytes(FRAME - 10)


async def test_an_interruption_tells_what_was_heard_of_each_item() -> None:
    async with playing() as (playout, ear, _):
        for item in "abc":
            playout.add(item, sound_of(item))
        await asyncio.sleep(0.25)
        cuts = await playout.interrupt()
        assert heard(cuts) == [("b", 50), ("c", 0)]
        rest_of_b = sound_of("b")[2 * FRAME :]
        assert [b"".join(cut.rest) for cut in cuts] == [rest_of_b, sound_of("c")]
        assert ear.stops == 1
        await asyncio.wait_for(playout.drained(), 0.001)


async def test_an_interruption_of_silence_stops_nothing() -> None:
    async with playing() as (playout, ear, _):
        assert await playout.interrupt() == []
        playout.add("a", bytes(FRAME))
        await playout.drained()
        assert await playout.interrupt() == []
        assert ear.stops == 0


async def test_sound_after_a_pause_starts_afresh() -> None:
    async with playing() as (playout, ear, _):
        playout.add("a", bytes(FRAME * 2))
        await asyncio.sleep(5)
        playout.add("b", bytes(FRAME * 10))
        await asyncio.sleep(0.11)
        assert heard(await playout.interrupt()) == [("b", 110)]
        assert len(ear.got) == 2 + 10


TONE = (1_000).to_bytes(2, "little") * RATE


async def test_music_plays_on_under_words_and_nobody_waits_for_it() -> None:
    async with playing() as (playout, ear, _):
        playout.play_under(Music(TONE, RATE))
        await asyncio.sleep(1)
        assert playout.left_s == 0
        await asyncio.wait_for(playout.drained(), 0.001)
        playout.add("a", bytes(FRAME * 10))
        assert playout.left_s == pytest.approx(0.3, abs=0.02)
        await playout.drained()
        assert playout.left_s == 0
        assert playout.heard_ms == pytest.approx(1_000 + 200 + 300, abs=120)
        assert len(ear.got) == pytest.approx((1_500 + LEAD_MS) / 20, abs=3)


async def test_what_is_cut_short_under_music_is_kept_without_it() -> None:
    async with playing() as (playout, _, _):
        playout.play_under(Music(TONE, RATE))
        await asyncio.sleep(0.5)
        playout.add("a", sound_of("a"))
        await asyncio.sleep(0.205)
        (cut,) = await playout.interrupt()
        assert b"".join(cut.rest) == sound_of("a")[cut.heard_ms // 20 * FRAME :]


async def test_an_interruption_drops_music_and_tells_nothing_of_it() -> None:
    async with playing() as (playout, ear, _):
        playout.play_under(Music(TONE, RATE))
        playout.add("a", bytes(FRAME * 5))
        await asyncio.sleep(1)
        assert await playout.interrupt() == []
        assert ear.stops == 1
        sent = len(ear.got)
        await asyncio.sleep(1)
        assert len(ear.got) == sent
        assert playout.heard_ms == pytest.approx(1_000, abs=1)


async def test_one_sound_gives_way_to_the_next() -> None:
    async with playing() as (playout, ear, _):
        low, high = Music(TONE, RATE), Music((4_000).to_bytes(2, "little") * RATE, RATE)
        playout.play_under(low)
        await asyncio.sleep(0.5)
        playout.play_under(high)
        await asyncio.sleep(0.5)
        levels = [int.from_bytes(frame[-2:], "little") for _, frame in ear.got]
        assert levels[10] == 1_000
        assert levels[-1] == 4_000
        assert max(abs(b - a) for a, b in pairwise(levels)) <= 4_000 / 3 + 2
        assert low.is_over


async def test_two_interruptions_in_a_row_each_tell_their_own() -> None:
    async with playing() as (playout, _, _):
        playout.add("a", bytes(FRAME * 10))
        await asyncio.sleep(0.05)
        assert heard(await playout.interrupt()) == [("a", 50)]
        playout.add("b", bytes(FRAME * 10))
        await asyncio.sleep(0.03)
        assert heard(await playout.interrupt()) in ([("b", 20)], [("b", 30)])


def blocked(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.blocks(seconds)


async def test_a_process_held_up_for_less_than_the_lead_is_not_heard() -> None:
    async with playing() as (playout, ear, record):
        playout.add("a", bytes(FRAME * 100))
        await asyncio.sleep(0.5)
        blocked(0.075)
        await playout.drained()
        assert record.underruns == 0
        assert len(ear.got) == 100
        assert max(b - a for (a, _), (b, _) in pairwise(ear.got)) <= 120


async def test_a_longer_hold_up_is_one_gap_and_nothing_is_lost_or_doubled_or_hurried() -> None:
    async with playing() as (playout, ear, record):
        sound = b"".join(n.to_bytes(2, "little") * (FRAME // 2) for n in range(100))
        playout.add("a", sound)
        await asyncio.sleep(0.5)
        blocked(0.4)
        resumed = asyncio.get_running_loop().time() * 1000
        await playout.drained()
        assert record.underruns == 1
        assert b"".join(frame for _, frame in ear.got) == sound
        after = [at for at, _ in ear.got if at >= resumed]
        assert len(after) in (70, 71)
        pace = (after[-1] - after[0]) / (len(after) - MOST_LEAD_MS // 20)
        assert pace == pytest.approx(20, abs=0.5)


async def test_the_lead_grows_with_the_hold_ups_of_the_process_and_comes_back() -> None:
    async with playing() as (playout, _, _):
        ticker = playout._ticker
        playout.add("a", bytes(FRAME * 2_000))
        await asyncio.sleep(1)
        assert ticker.lead_ms == LEAD_MS
        blocked(0.06)
        await asyncio.sleep(0.05)
        assert LEAD_MS + 35 < ticker.lead_ms <= LEAD_MS + 60
        blocked(0.5)
        await asyncio.sleep(0.05)
        assert ticker.lead_ms == pytest.approx(MOST_LEAD_MS, abs=2)
        await asyncio.sleep(30)
        assert ticker.lead_ms < LEAD_MS + 15


async def test_an_interruption_is_no_underrun() -> None:
    async with playing() as (playout, _, record):
        for _ in range(3):
            playout.add("a", bytes(FRAME * 50))
            await asyncio.sleep(0.505)
            await playout.interrupt()
            await asyncio.sleep(0.3)
        playout.add("b", bytes(FRAME * 5))
        await playout.drained()
        assert record.underruns == 0


async def test_what_is_left_of_an_interrupted_item_is_never_heard() -> None:
    async with playing() as (playout, ear, _):
        playout.add("a", b"\x07" * (FRAME + FRAME // 2))
        await asyncio.sleep(0.2)
        assert await playout.interrupt() == []
        playout.add("b", bytes(FRAME))
        await playout.drained()
        assert len(ear.got) == 2
        assert ear.got[1][1] == bytes(FRAME)
