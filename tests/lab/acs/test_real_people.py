"""Somebody real at a telephone, and calls that last: what is said is not kept for ever."""

from typing import Any

from bridge.audio.pcm import duration_ms, frame_bytes
from bridge.lab.acs import AcsStandIn
from bridge.lab.speech import Studio

from .conftest import NUMBER, Bridge, Dial
from .people import THEIRS, add, established

RATE_HZ = 24_000


class Counter:
    """Says which frame this is, over and over."""

    def __init__(self) -> None:
        self.said = 0
        self.heard: list[bytes] = []

    def speak(self, size: int) -> bytes:
        self.said += 1
        return self.said.to_bytes(2, "little") * (size // 2)

    def hear(self, frame: bytes) -> None:
        self.heard.append(frame)


async def test_somebody_real_speaks_and_hears_in_time_with_the_line(
    dial: Dial, bridge: Bridge
) -> None:
    phone = await dial()
    person = Counter()
    phone.is_held_by(person)
    await phone.waits(1)
    await phone.hangs_up()
    assert person.said == len(person.heard) == int(phone.line_ms / 20)
    arrived = bridge.audio()
    assert arrived[:960] == b"\1\0" * 480
    assert arrived[960:1920] == b"\2\0" * 480
    echoed = b"".join(person.heard)
    assert b"\1\0" * 480 + b"\2\0" * 480 in echoed, "the bridge says what it hears"


async def test_a_key_is_heard_over_somebody_real(dial: Dial, bridge: Bridge) -> None:
    phone = await dial()
    phone.is_held_by(Counter())
    await phone.waits(0.1)
    await phone.presses("5")
    await phone.hangs_up()
    loud = [frame for frame in frames(bridge.audio()) if max(frame[1::2]) > 8]
    assert len(loud) == 5, "100 ms"


async def test_of_a_call_that_lasts_little_is_kept_and_nothing_lost(
    studio: Studio, bridge: Bridge
) -> None:
    async with AcsStandIn(studio, kept_s=2) as acs:
        await acs.subscribe(bridge.url("events"))
        bridge.connect(acs)
        async with bridge.client:
            phone = await acs.dial(NUMBER)
            await phone.answered()
            phone.is_held_by(Counter())
            await phone.waits(30)
            await phone.hangs_up()
    arrived = [frame[:2] for frame in frames(bridge.audio())]
    assert arrived == [number.to_bytes(2, "little") for number in range(1, len(arrived) + 1)]
    assert len(arrived) > 1_450
    for kept in (phone.mouth, phone.ear):
        assert 2_000 <= duration_ms(kept, RATE_HZ) <= 4_000
    assert duration_ms(phone.received, RATE_HZ) <= 4_000


async def test_whoever_is_invited_can_be_waited_for_without_a_name(
    acs: AcsStandIn, bridge: Bridge, dial: Dial
) -> None:
    await add(await established(bridge, await dial()))
    anybody = await acs.any_colleague()
    assert anybody is await acs.colleague(THEIRS)


def frames(pcm: bytes) -> list[Any]:
    size = frame_bytes(RATE_HZ)
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]
