"""What the caller is about to hear leaves on time, and what was heard is known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.audio.pcm import frame_bytes
from bridge.call.playout import LEAD_MS, Cut, Playout
from bridge.call.record import Record

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
    playout = Playout(ear, record)  # type: ignore[arg-type]  # the two methods a playout uses
    running = asyncio.create_task(playout.run())
    try:
        yield playout, ear, record
    finally:
        running.cancel()
        await asyncio.wait([running])


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
            playout.add(item, bytes(FRAME * 10))
        await asyncio.sleep(0.25)
        cuts = await playout.interrupt()
        assert cuts == [Cut("b", 50), Cut("c", 0)]
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
        await asyncio.sleep(0.1)
        assert await playout.interrupt() == [Cut("b", 100)]
        assert len(ear.got) == 2 + 10
