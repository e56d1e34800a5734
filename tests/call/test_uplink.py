from bridge.call.uplink import LONGEST_S, Uplink


async def test_the_callers_latest_ten_seconds_are_kept() -> None:
    uplink = Uplink()
    frames = [str(number).encode() for number in range(LONGEST_S * 50 + 3)]
    for frame in frames:
        uplink.put(frame)
    assert uplink.dropped == 3
    assert await uplink.get() == frames[3]
